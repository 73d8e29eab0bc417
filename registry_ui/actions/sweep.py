"""Reading all of MLflow's models, or all of its versions, and noticing what is gone."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q

from registry_ui.actions.mirror import SyncContext, Tell, ahead, chunks, is_ours
from registry_ui.actions.mirror_models import (
    create_models,
    match_models,
    mirror_aliases,
    mirror_models,
    rename_models,
    retire_model,
)
from registry_ui.actions.mirror_versions import mirror_versions, retire_versions
from registry_ui.mlflow_client import (
    MLflowClient,
    MLflowNotFound,
    ModelInfo,
    VersionInfo,
)
from registry_ui.models import ModelVersion, RegisteredModel

MODELS_A_PAGE = 1000
VERSIONS_A_PAGE = 2000
MOST_STRANGERS = 20
MOST_VERSIONS_READ_SINGLY = 2000
"""A touched model with more of them is left to the sweep of all versions."""


def sweep_models(client: MLflowClient, context: SyncContext, tell: Tell) -> None:
    """Mirror all models; aliases that differ are remembered in the context."""
    seen: set[int] = set()
    strangers: list[ModelInfo] = []
    count = 0
    for page in ahead(client.iter_models(page_size=MODELS_A_PAGE)):
        known, unknown = match_models(page, seen)
        mirror_models(known, context)
        if context.is_first:
            create_models(unknown, context)
        else:
            strangers += unknown
        count += len(page)
        tell("models", count)
    if context.is_first:
        return
    strangers = _settle_missing(client, context, seen, strangers)
    create_models(strangers, context)


def read_left(client: MLflowClient, context: SyncContext, *, most: int) -> None:
    """Look again at models that we wrote to while they were read, one at a time.

    So short a look hardly ever meets another write; what does, or is beyond the first
    few, is left to the next sync.
    """
    models = RegisteredModel.objects.in_mlflow().filter(pk__in=context.left)
    for model in models.order_by("pk")[:most]:
        look = context.anew()
        found = _find_model(client, model.name, look)
        if found is None or found.created_at != model.created_at:
            continue  # renamed or made again: only a sweep can tell
        mirror_models({model.pk: found}, look)
        read_versions_of([model.pk], client, look)
        read_missing_versions(client, look)
        mirror_aliases(look)


def read_strangers(client: MLflowClient, context: SyncContext) -> bool:
    """Mirror models that the poll met, so that each costs no sweep of all.

    Returns:
        False where only a sweep can tell what they are: there are many, or one may be
        a known model under another name.
    """
    names, context.strangers = context.strangers, set()
    if len(names) > MOST_STRANGERS:
        return False
    found = (_find_model(client, name, context) for name in sorted(names))
    infos = [info for info in found if info is not None]
    infos = [info for info in infos if not info.is_prompt]
    may_be_known = Q(created_at__in=[i.created_at for i in infos]) | Q(name__in=names)
    if RegisteredModel.objects.live().filter(may_be_known).exists():
        return False
    create_models(infos, context)
    return True


def _settle_missing(
    client: MLflowClient,
    context: SyncContext,
    seen: set[int],
    strangers: list[ModelInfo],
) -> list[ModelInfo]:
    """Find out what became of models that were not seen: renamed, hidden or gone.

    Returns:
        The strangers that are new.
    """
    live = RegisteredModel.objects.live().order_by("pk")
    # A model of ours may bear a name by now that the mirror does not know yet.
    ours = set(live.filter(is_ours(context)).values_list("created_at", flat=True))
    born = defaultdict(list)
    for info in strangers:
        if info.created_at not in ours:
            born[info.created_at].append(info)
    others = live.exclude(is_ours(context)).only("name", "created_at")
    missing = [
        model
        for model in [model for model in others.iterator() if model.pk not in seen]
        if not _is_still_there(client, context, model)
    ]
    if any(not born[model.created_at] for model in missing):
        _look_again(client, context, missing, born)
    renamed: dict[int, ModelInfo] = {}
    for model in missing:
        twins = born[model.created_at]
        if len(twins) == 1:
            renamed[model.pk] = twins.pop()
        elif (prompt := _hidden_twin(client, context, model)) is not None:
            renamed[model.pk] = prompt
        else:
            retire_model(model.pk, context)
    _rename(renamed, context)
    back = {created_at for created_at, infos in born.items() if infos}
    _settle_hidden(client, context, back)
    return [info for infos in born.values() for info in infos]


def _settle_hidden(
    client: MLflowClient, context: SyncContext, back: set[datetime]
) -> None:
    """Ask for models that are prompts now, which no page lists.

    Args:
        client: asked by name.
        context: of the sync.
        back: when those were created that are listed under a name not known yet.
    """
    for hidden in RegisteredModel.objects.filter(is_prompt=True).order_by("pk"):
        found = _find_model(client, hidden.name, context)
        if found is not None and found.created_at == hidden.created_at:
            mirror_models({hidden.pk: found}, context)
        elif hidden.created_at in back:
            continue
        elif (prompt := _hidden_twin(client, context, hidden)) is not None:
            _rename({hidden.pk: prompt}, context)
        else:
            retire_model(hidden.pk, context)


def _hidden_twin(
    client: MLflowClient, context: SyncContext, model: RegisteredModel
) -> ModelInfo | None:
    """Look for a model among the prompts: it may have got a name and been hidden."""
    for page in client.iter_models(page_size=MODELS_A_PAGE, prompts=True):
        context.beat()
        for info in page:
            if info.created_at == model.created_at:
                return info
    return None


def _rename(renamed: dict[int, ModelInfo], context: SyncContext) -> None:
    """Give models the names that they bear now, and mirror what else is new of them."""
    rename_models({pk: info.name for pk, info in renamed.items()}, context)
    mirror_models(renamed, context)
    hidden = [pk for pk, info in renamed.items() if info.is_prompt]
    for model in RegisteredModel.objects.live().filter(pk__in=hidden).order_by("pk"):
        if model.name == renamed[model.pk].name:  # else the next sync looks again
            retire_model(model.pk, context, is_prompt=True)


def _look_again(
    client: MLflowClient,
    context: SyncContext,
    missing: Iterable[RegisteredModel],
    born: dict[datetime, list[ModelInfo]],
) -> None:
    """Read all models once more before any counts as gone.

    One may have been hidden when the pages were read, and bear another name since.
    """
    wanted = {model.created_at for model in missing if not born[model.created_at]}
    others = RegisteredModel.objects.live().exclude(pk__in=[m.pk for m in missing])
    known = set(others.filter(created_at__in=wanted).values_list("name", flat=True))
    for page in client.iter_models(page_size=MODELS_A_PAGE):
        context.beat()
        for info in page:
            if info.created_at in wanted and info.name not in known:
                born[info.created_at].append(info)


def _is_still_there(
    client: MLflowClient, context: SyncContext, model: RegisteredModel
) -> bool:
    """Ask for a model by name; mirror what the pages had lost, or what hides it."""
    found = _find_model(client, model.name, context)
    if found is None or found.created_at != model.created_at:
        return False
    mirror_models({model.pk: found}, context)
    if found.is_prompt:
        retire_model(model.pk, context, is_prompt=True)
    return True


def sweep_versions(client: MLflowClient, context: SyncContext, tell: Tell) -> None:
    """Mirror all versions, and mark those that MLflow has no longer.

    A model's versions come one after the other, so that what is missing can be told
    as soon as the next model begins; nothing is kept for longer.
    """
    pages = client.iter_versions(page_size=VERSIONS_A_PAGE)
    seen_models: set[str] = set()
    current: dict[str, set[int]] = {}
    count = 0
    for page in ahead(pages):
        mirror_versions(page, context, client)
        for info in page:
            current.setdefault(info.name, set()).add(info.number)
        last = page[-1].name if page else ""
        complete = {name: current.pop(name) for name in [*current] if name != last}
        seen_models |= complete.keys()
        _retire_unseen(client, context, complete)
        count += len(page)
        tell("versions", count)
    seen_models |= current.keys()
    _retire_unseen(client, context, current)
    context.unread_models.clear()
    if not context.is_first:
        _retire_unseen(client, context, _models_without(seen_models))


def _models_without(seen: set[str]) -> dict[str, set[int]]:
    """Return the models whose versions the mirror has, and the sweep has not met."""
    rows = (
        ModelVersion.objects.in_mlflow()
        .order_by()
        .values_list("model__name")
        .distinct()
    )
    return {name: set() for (name,) in rows if name not in seen}


def read_versions_of(
    pks: Iterable[int], client: MLflowClient, context: SyncContext
) -> None:
    """Mirror the versions of a few models that are new or were touched."""
    models = (
        RegisteredModel.objects.in_mlflow()
        .filter(pk__in=list(pks))
        .annotate(count=Count("versions"))
        .filter(count__lte=MOST_VERSIONS_READ_SINGLY)
    )
    for name in [*models.order_by("name").values_list("name", flat=True)]:
        numbers: set[int] = set()
        for page in client.iter_versions(name=name, page_size=VERSIONS_A_PAGE):
            context.beat()
            mirror_versions(page, context, client)
            numbers |= {info.number for info in page}
        _retire_unseen(client, context, {name: numbers})


def _retire_unseen(
    client: MLflowClient, context: SyncContext, read: dict[str, set[int]]
) -> None:
    """Mark as gone what was not read of whole models, and MLflow, asked, denies."""
    if context.is_first or not read:
        return
    for names in chunks(list(read), 1000):
        for name in _models_with_more(names, read):
            _retire_unseen_of(client, context, name, read[name])


def _models_with_more(names: Iterable[str], read: dict[str, set[int]]) -> list[str]:
    """Return of which models the mirror has more versions than were read."""
    counts = (
        ModelVersion.objects.in_mlflow()
        .filter(model__name__in=names)
        .order_by()
        .values_list("model__name")
        .annotate(count=Count("pk"))
    )
    return [name for name, count in counts if count > len(read[name])]


def _retire_unseen_of(
    client: MLflowClient, context: SyncContext, name: str, numbers: set[int]
) -> None:
    unseen = (
        ModelVersion.objects.in_mlflow().filter(model__name=name).order_by("number")
    )
    gone = [
        version.pk
        for version in unseen.exclude(number__in=numbers).select_related("model")
        if _is_gone(client, version, context)
    ]
    # If the model was renamed or made again meanwhile, that is why they are not found.
    if gone and _is_same(client, name, context):
        retire_versions(gone, context)


def _is_same(client: MLflowClient, name: str, context: SyncContext) -> bool:
    found = _find_model(client, name, context)
    models = RegisteredModel.objects.in_mlflow().filter(name=name)
    return found is not None and models.filter(created_at=found.created_at).exists()


def _is_gone(client: MLflowClient, version: ModelVersion, context: SyncContext) -> bool:
    """Ask for a version by name; what the pages had lost is mirrored."""
    found = find_version(client, version.model.name, version.number, context)
    if found is None:
        return True
    mirror_versions([found], context, client)
    return False


def read_missing_versions(client: MLflowClient, context: SyncContext) -> None:
    """Mirror versions that aliases point to and that were made since."""
    for pks in chunks(list(context.aliases), 1000):
        for name, number in _unknown(pks, context):
            if found := find_version(client, name, number, context):
                mirror_versions([found], context, client)


def _unknown(pks: Iterable[int], context: SyncContext) -> list[tuple[str, int]]:
    wanted = {pk: set(context.aliases[pk].values()) for pk in pks}
    numbers = {number for several in wanted.values() for number in several}
    known = set(
        ModelVersion.objects.filter(
            model__in=wanted, number__in=numbers, deleted_at=None
        ).values_list("model", "number")
    )
    names = dict(
        RegisteredModel.objects.filter(pk__in=wanted).values_list("pk", "name")
    )
    return [
        (names[pk], number)
        for pk, several in wanted.items()
        for number in sorted(several)
        if (pk, number) not in known
    ]


def _find_model(
    client: MLflowClient, name: str, context: SyncContext
) -> ModelInfo | None:
    context.beat()
    return client.find_model(name)


def find_version(
    client: MLflowClient, name: str, number: int, context: SyncContext
) -> VersionInfo | None:
    """Return a version; None where MLflow has it no longer, or calls it a prompt's."""
    context.beat()
    try:
        return client.get_version(name, number)
    except MLflowNotFound:
        return None
