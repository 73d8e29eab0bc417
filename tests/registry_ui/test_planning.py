from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from registry_ui.planning import (
    GONE,
    MODEL,
    PROMPT,
    SERVING_STAGES,
    Effect,
    EffectKind,
    Holdings,
    Plan,
    State,
    alias_effect,
    assess,
    compose,
    invert,
    make_plan,
    outcome,
    stage_effect,
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


# --- What was changed without a decision, and the way back ---------------------------

aliases = st.dictionaries(
    st.sampled_from(["champion", "Champion", "old"]), st.integers(1, 6)
)
everything = st.builds(
    Holdings,
    holdings,
    aliases,
    st.sampled_from(["churn", "churn-2"]),
    st.sampled_from([MODEL, PROMPT]),
)


def changes(before: Holdings, after: Holdings) -> tuple[Effect, ...]:
    """Return what a sweep that saw one after the other would note."""
    found: list[Effect | None] = [
        stage_effect(n, before.stages.get(n, "None"), after.stages.get(n, GONE))
        for n in sorted(before.stages.keys() | after.stages.keys())
    ]
    found += [
        alias_effect(a, before.aliases.get(a), after.aliases.get(a))
        for a in sorted(before.aliases.keys() | after.aliases.keys())
    ]
    if before.name != after.name:
        found.append(Effect(EffectKind.RENAME, 0, before.name, after.name))
    if before.state != after.state:
        found.append(Effect(EffectKind.MODEL, 0, before.state, after.state))
    return tuple(effect for effect in found if effect)


def carried_out(effects: tuple[Effect, ...], before: Holdings) -> Holdings:
    """Do what MLflow does when the effects are carried out."""
    stages, aliases = dict(before.stages), dict(before.aliases)
    name, state = before.name, before.state
    for effect in effects:
        match effect.kind:
            case EffectKind.SET_ALIAS:
                aliases[effect.alias] = int(effect.after)
            case EffectKind.DELETE_ALIAS:
                del aliases[effect.alias]
            case EffectKind.RENAME:
                name = effect.after
            case EffectKind.MODEL:
                state = effect.after
            case _:
                stages[effect.version] = effect.after
    return Holdings(stages, aliases, name, state)


def serving(holdings: Holdings) -> tuple[object, ...]:
    """Return what matters: who serves, the aliases, the name, and what it is."""
    stages = {n: s for n, s in holdings.stages.items() if s in SERVING_STAGES}
    return stages, dict(holdings.aliases), holdings.name, holdings.state


@given(everything, everything, everything)
def test_two_steps_compose_to_what_one_would_show(
    first: Holdings, second: Holdings, third: Holdings
) -> None:
    # Versions that come and go between are no matter of two sweeps.
    second = replace(
        second, stages=dict.fromkeys(first.stages, "None") | dict(second.stages)
    )
    third = replace(
        third, stages=dict.fromkeys(second.stages, "None") | dict(third.stages)
    )

    net = compose(changes(first, second), changes(second, third))

    direct = compose((), changes(first, third))
    assert {e.subject: e for e in net} == {e.subject: e for e in direct}


@given(everything, everything)
def test_the_way_back_restores_exactly_who_served(
    before: Holdings, after: Holdings
) -> None:
    after = replace(
        after, stages=dict.fromkeys(before.stages, "None") | dict(after.stages)
    )
    live = set(after.stages) | set(before.aliases.values())

    effects = compose((), changes(before, after))
    back, lost = invert(effects, live=live)

    assert lost == ()
    assert serving(carried_out(back, after)) == serving(before)
    assert compose(effects, back) == ()
    plan = Plan(PRODUCTION, 1, back, archives=False)
    if effects:
        assert assess(plan, after) == (State.READY, "")
    assert assess(plan, carried_out(back, after)) == (State.DONE, "")


def test_what_was_deleted_is_named_and_the_rest_is_still_restored() -> None:
    before = Holdings({5: "Production", 7: "None"}, {"champion": 5})
    after = Holdings({7: "Production"}, {})

    back, lost = invert(compose((), changes(before, after)), live={7})

    assert [str(effect) for effect in back] == ["v7 goes from Production to None"]
    assert len(lost) == 2
    assert all("v5" in sentence for sentence in lost)


def test_the_way_back_fills_a_place_before_it_empties_another() -> None:
    before = Holdings({5: "Production", 7: "None"}, {})
    after = Holdings({5: "Archived", 7: "Production"}, {})

    back, _ = invert(changes(before, after), live={5, 7})

    assert [effect.version for effect in back] == [5, 7]


def test_moves_between_stages_that_serve_nobody_are_no_change_of_a_holder() -> None:
    rest = Holdings({3: "None", 4: "Archived"}, {})

    assert compose((), changes(rest, Holdings({3: "Archived"}, {}))) == ()


def test_where_a_version_went_on_from_its_place_is_followed() -> None:
    serving = Holdings({3: "Staging"}, {})
    archived, none = Holdings({3: "Archived"}, {}), Holdings({3: "None"}, {})

    net = compose(changes(serving, archived), changes(archived, none))

    assert [str(effect) for effect in net] == ["v3 goes from Staging to None"]
