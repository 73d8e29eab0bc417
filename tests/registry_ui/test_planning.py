from hypothesis import given
from hypothesis import strategies as st

from registry_ui.planning import (
    EffectKind,
    Holdings,
    Plan,
    State,
    assess,
    make_plan,
    outcome,
)

STAGES = ("None", "Staging", "Production", "Archived")
PRODUCTION = "stage:Production"

holdings = st.dictionaries(
    st.integers(1, 6), st.sampled_from(STAGES), min_size=1, max_size=6
)


def apply(plan: Plan, before: Holdings) -> Holdings:
    """Do what MLflow does when the plan is carried out."""
    stages, aliases = dict(before.stages), dict(before.aliases)
    for effect in plan.effects:
        if effect.kind is EffectKind.SET_ALIAS:
            aliases[effect.alias] = effect.version
        else:
            stages[effect.version] = effect.after
    return Holdings(stages, aliases)


@given(holdings, st.sampled_from(STAGES), st.booleans(), st.data())
def test_a_plan_that_is_carried_out_is_done_and_came_true(
    stages: dict[int, str], stage: str, archive: bool, data: st.DataObject
) -> None:
    before = Holdings(stages, {})
    version = data.draw(st.sampled_from(sorted(stages)))
    plan = make_plan(
        target=f"stage:{stage}",
        version=version,
        holdings=before,
        archive_existing=archive,
    )

    after = apply(plan, before)

    assert assess(plan, after) == (State.DONE, "")
    assert all(entry["came_true"] for entry in outcome(plan, after))
    if plan.archives:
        assert after.holders(f"stage:{stage}") == (version,)


@given(holdings, st.data())
def test_a_plan_survives_storage(stages: dict[int, str], data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(sorted(stages)))
    plan = make_plan(
        target=PRODUCTION,
        version=version,
        holdings=Holdings(stages, {}),
        archive_existing=True,
    )

    assert Plan.from_json(plan.as_json()) == plan


def test_incumbents_are_archived_only_if_asked() -> None:
    before = Holdings({5: "Production", 7: "Staging"}, {})

    with_archive = make_plan(
        target=PRODUCTION, version=7, holdings=before, archive_existing=True
    )
    without = make_plan(
        target=PRODUCTION, version=7, holdings=before, archive_existing=False
    )

    assert [str(effect) for effect in with_archive.effects] == [
        "v7 goes from Staging to Production",
        "v5 goes from Production to Archived",
    ]
    assert len(without.effects) == 1


def test_archiving_is_left_out_where_mlflow_would_answer_with_an_error() -> None:
    before = Holdings({5: "Archived", 7: "Staging"}, {})

    plan = make_plan(
        target="stage:Archived", version=7, holdings=before, archive_existing=True
    )

    assert not plan.archives


def test_a_version_that_moved_meanwhile_is_a_conflict() -> None:
    before = Holdings({7: "Staging"}, {})
    plan = make_plan(
        target=PRODUCTION, version=7, holdings=before, archive_existing=False
    )

    state, reason = assess(plan, Holdings({7: "Archived"}, {}))

    assert state is State.CONFLICT
    assert reason == "v7 is in Archived; it was in Staging when this was approved."


def test_a_version_that_is_gone_is_a_conflict() -> None:
    plan = make_plan(
        target=PRODUCTION,
        version=7,
        holdings=Holdings({7: "Staging"}, {}),
        archive_existing=False,
    )

    assert assess(plan, Holdings({}, {})) == (
        State.CONFLICT,
        "MLflow has v7 no longer.",
    )


def test_nobody_is_archived_whom_the_plan_did_not_name() -> None:
    before = Holdings({7: "Staging", 8: "None"}, {})
    plan = make_plan(
        target=PRODUCTION, version=7, holdings=before, archive_existing=True
    )

    state, reason = assess(plan, Holdings({7: "Staging", 8: "Production"}, {}))

    assert state is State.CONFLICT
    assert reason.startswith("v8 was put into Production since")


def test_a_half_done_plan_is_ready_to_be_done_again() -> None:
    before = Holdings({5: "Production", 7: "Staging"}, {})
    plan = make_plan(
        target=PRODUCTION, version=7, holdings=before, archive_existing=True
    )

    half = Holdings({5: "Production", 7: "Production"}, {})

    assert assess(plan, half)[0] is State.READY


def test_an_alias_in_another_case_is_moved_not_doubled() -> None:
    before = Holdings({5: "None", 7: "None"}, {"Champion": 5})

    plan = make_plan(
        target="alias:champion", version=7, holdings=before, archive_existing=False
    )

    assert [str(effect) for effect in plan.effects] == ["@Champion moves from v5 to v7"]
    assert before.holders("alias:CHAMPION") == (5,)


def test_a_new_alias_is_set() -> None:
    plan = make_plan(
        target="alias:champion",
        version=7,
        holdings=Holdings({7: "None"}, {}),
        archive_existing=False,
    )

    assert str(plan.effects[0]) == "@champion is set to v7"
    assert assess(plan, Holdings({7: "None"}, {"champion": 7}))[0] is State.DONE
