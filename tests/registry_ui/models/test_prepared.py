import pytest
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from registry_ui.models import (
    Alias,
    Evidence,
    Holding,
    ModelVersion,
    RegisteredModel,
    Stage,
    TransitionRequest,
)
from registry_ui.models.prepared import (
    PreparedInsert,
    PreparedLookup,
    PreparedQuery,
    PreparedSave,
)
from tests.factories import make_alias, make_model, make_user, make_version

pytestmark = pytest.mark.django_db

HELD = PreparedQuery(
    lambda pks: (
        ModelVersion.objects.filter(
            model__in=pks, stage=Stage.STAGING, number__gt=1, deleted_at=None
        )
        .order_by()
        .values_list("model")
        .annotate(count=Count("pk"))
    ),
    most=3,
)


@pytest.fixture
def models() -> list[RegisteredModel]:
    """Four models; the first has one version that counts, the second two, and so on."""
    found = []
    for count in range(1, 5):
        model = make_model()
        for number in range(1, count + 2):
            make_version(model=model, number=number, stage=Stage.STAGING)
        found.append(model)
    return found


@pytest.mark.parametrize("asked", [[0], [1, 3], [3, 1, 0], [2, 2, 2], []])
def test_it_answers_what_the_query_itself_would(
    models: list[RegisteredModel], asked: list[int]
) -> None:
    pks = [models[place].pk for place in asked]

    assert dict(HELD(pks)) == {models[place].pk: place + 1 for place in asked}


def test_keys_of_one_call_are_forgotten_by_the_next(
    models: list[RegisteredModel],
) -> None:
    assert len(HELD([model.pk for model in models[:3]])) == 3
    assert HELD([models[3].pk]) == [(models[3].pk, 4)]


def test_more_keys_than_it_was_compiled_for_are_refused(
    models: list[RegisteredModel],
) -> None:
    with pytest.raises(ValueError, match="3 keys at once"):
        HELD([model.pk for model in models])


def test_what_is_joined_comes_in_the_order_of_the_query() -> None:
    version = make_version(number=7)
    for name in ("b", "a"):
        make_alias(version=version, name=name)
    aliases = PreparedQuery(
        lambda pks: (
            Alias.objects.filter(model__in=pks)
            .order_by("name")
            .values_list("name", "version__number")
        ),
        most=2,
    )

    assert aliases([version.model_id]) == [("a", 7), ("b", 7)]


def test_columns_come_as_django_gives_them() -> None:
    version = make_version(metrics={"auc": 0.9})
    evidence = PreparedQuery(
        lambda pks: Evidence.objects.filter(version__in=pks).values_list(
            "metrics", "version__created_at"
        ),
        most=1,
    )

    assert evidence([version.pk]) == [({"auc": 0.9}, version.created_at)]


def test_a_lookup_answers_for_the_values_it_is_given() -> None:
    churn, fraud = make_model(name="churn"), make_model(name="fraud")
    for number in range(1, 4):
        make_version(model=churn, number=number, stage=Stage.STAGING)
    make_version(model=fraud, number=1)
    lookup = PreparedLookup(
        lambda name, number: (
            ModelVersion.objects.filter(
                model__name=name,
                number__gt=number,
                deleted_at=None,
                stage=Stage.STAGING,
            )
            .order_by("number")
            .values_list("number", "model__created_at")
        ),
        str,
        int,
    )

    assert lookup("churn", 1) == [(2, churn.created_at), (3, churn.created_at)]
    assert lookup("churn", 2) == [(3, churn.created_at)]
    assert lookup("fraud", 0) == lookup("it's", 0) == []


@pytest.mark.parametrize("text", ["it's", "100 %", "%s", "?", "a\\b", '"'])
def test_a_text_that_is_the_same_each_time_may_be_any(text: str) -> None:
    version = make_version(model=make_model(name="churn"), description=text)
    make_version(model=version.model, number=2)
    lookup = PreparedLookup(
        lambda name: ModelVersion.objects.filter(
            model__name=name, description=text
        ).values_list("pk", "description"),
        str,
    )

    assert lookup("churn") == [(version.pk, text)]
    assert lookup(text) == []


def test_a_lookup_that_does_not_look_for_its_value_is_refused() -> None:
    lookup = PreparedLookup(
        lambda name: ModelVersion.objects.filter(
            model__name=name.strip("\0")
        ).values_list("pk"),
        str,
    )

    with pytest.raises(ValueError, match="as they are"):
        lookup("churn")


def test_rows_are_inserted_as_django_would() -> None:
    version, user = make_version(), make_user()
    found = []
    for store in (PreparedInsert(TransitionRequest), TransitionRequest.save):
        row = TransitionRequest(
            version=version,
            target='alias:50% "off"',
            from_stage=Stage.NONE,
            requested_by=user,
            plan={"effects": ["ü"]},
            due_at=timezone.now(),
        )
        store(row)
        assert not row._state.adding
        stored = TransitionRequest.objects.get(pk=row.pk)
        assert {**vars(stored), "_state": None} == {**vars(row), "_state": None}
        found.append(stored)
        stored.delete()

    ours, djangos = ({**vars(row)} for row in found)
    by_chance = {"_state", "number", "created_at", "due_at"}
    assert {name for name in ours if ours[name] != djangos[name]} <= by_chance


def test_what_a_constraint_refuses_is_left_out_if_wanted() -> None:
    version = make_version()

    def held(target: str) -> Holding:
        return Holding(
            model=version.model,
            version=version,
            target=target,
            started_at=timezone.now(),
        )

    insert = PreparedInsert(Holding, ignores_conflicts=True)
    insert(held("stage:Staging"))
    insert()
    insert(*(held(f"alias:{number}") for number in range(50)), held("stage:Staging"))

    assert Holding.objects.count() == 51
    with pytest.raises(IntegrityError), transaction.atomic():
        PreparedInsert(Holding)(held("stage:Staging"))


def test_a_row_is_saved_only_where_it_is_as_is_known() -> None:
    version, other = make_version(), make_version()
    save = PreparedSave(ModelVersion, "stage", "deleted_at", by=("pk", "stage"))

    version.stage, version.deleted_at = Stage.STAGING, timezone.now()
    assert not save(version)
    assert not save(version, stage=Stage.PRODUCTION)
    version.refresh_from_db(fields=["stage"])
    assert version.stage == Stage.NONE

    version.stage = Stage.STAGING
    assert save(version, stage=Stage.NONE)
    stored = ModelVersion.objects.get(pk=version.pk)
    assert (stored.stage, stored.deleted_at) == (Stage.STAGING, version.deleted_at)
    version.deleted_at = None
    assert save(version)
    other.refresh_from_db()
    version.refresh_from_db()
    assert (other.stage, version.deleted_at) == (Stage.NONE, None)


def test_a_row_that_is_saved_is_told_as_it_is_stored() -> None:
    model = make_model(description="As it was read.")
    RegisteredModel.objects.update(description="Changed meanwhile.")
    model.written_at = timezone.now()
    save = PreparedSave(RegisteredModel, "written_at")

    with transaction.atomic():
        stored = save.locked(model)

    assert stored is not None
    assert not stored._state.adding
    assert stored.description == "Changed meanwhile."
    assert stored.written_at == model.written_at
    assert stored.created_at == model.created_at
    model.pk += 1
    assert save.locked(model) is None
