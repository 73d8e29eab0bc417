"""The smallest valid object of each kind; a test names only what it is about."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from registry_ui.actions.tokens import create_token
from registry_ui.models import (
    Alias,
    ApiToken,
    Comment,
    Evidence,
    Incident,
    Level,
    MirrorState,
    ModelPermission,
    ModelTag,
    ModelVersion,
    RegisteredModel,
    Scope,
    Stage,
    TransitionRequest,
    VersionTag,
    as_json_numbers,
)
from registry_ui.planning import stage_effect

_numbers = count(1)
_EPOCH = datetime(2026, 1, 5, 9, tzinfo=UTC)


def make_user(
    *,
    username: str = "",
    full_name: str = "",
    email: str = "",
    is_superuser: bool = False,
    is_active: bool = True,
    level: Level | None = None,
) -> User:
    """Make a person who signs in with the password `secret`.

    Args:
        username: unique by itself if empty.
        full_name: first and last name, split at the first space.
        email: none if empty, so that nothing is mailed.
        is_superuser: an administrator, who may enter the admin panel too.
        is_active: False for one who left.
        level: granted on the whole registry.
    """
    first_name, _, last_name = full_name.partition(" ")
    user = User.objects.create_user(
        username=username or f"user{next(_numbers)}",
        password="secret",  # noqa: S106 - tests only
        email=email,
        first_name=first_name,
        last_name=last_name,
        is_superuser=is_superuser,
        is_staff=is_superuser,
        is_active=is_active,
    )
    if level is not None:
        grant(user, level)
    return user


def grant(
    holder: User | Group, level: Level, model: RegisteredModel | None = None
) -> ModelPermission:
    """Grant a user or a group a level, on the whole registry if no model is given."""
    return ModelPermission.objects.create(
        user=holder if isinstance(holder, User) else None,
        group=holder if isinstance(holder, Group) else None,
        level=level,
        model=model,
    )


def make_token(
    *,
    user: User,
    name: str = "ci",
    days: int | None = None,
    scopes: Collection[str] = tuple(Scope),
) -> tuple[ApiToken, str]:
    """Make a token; returned with the secret that is sent with calls."""
    return create_token(user, actor=user, name=name, days=days, scopes=scopes)


def make_model(
    *,
    name: str = "",
    description: str = "",
    tags: Mapping[str, str] | None = None,
    deleted_at: datetime | None = None,
) -> RegisteredModel:
    """Make a registered model; its name is unique by itself if empty.

    What is mirrored was synced: so the mirror is fresh, if nothing else was said of it.
    """
    MirrorState.objects.get_or_create(
        id=MirrorState.ONLY, defaults={"synced_at": timezone.now()}
    )
    model = RegisteredModel.objects.create(
        name=name or f"model{next(_numbers)}",
        description=description,
        created_at=_EPOCH,
        updated_at=_EPOCH,
        deleted_at=deleted_at,
    )
    for key, value in (tags or {}).items():
        ModelTag.objects.create(model=model, key=key, value=value)
    return model


def make_version(
    *,
    model: RegisteredModel | None = None,
    number: int | None = None,
    stage: Stage | str = Stage.NONE,
    metrics: Mapping[str, float] | None = None,
    params: Mapping[str, str] | None = None,
    signature: Mapping[str, Any] | None = None,
    requirements: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    has_evidence: bool = True,
    **columns: Any,
) -> ModelVersion:
    """Make a version, with its evidence.

    Args:
        model: a new one if not given.
        number: the next one of the model if not given.
        stage: MLflow's spelling.
        metrics: of the run; NaN and infinities are fine.
        params: of the run.
        signature: as `Evidence.signature` holds it.
        requirements: lines of `requirements.txt`.
        tags: of the version.
        has_evidence: False for a version whose run and files were not read yet.
        columns: more columns of `ModelVersion`, such as `description`.
    """
    model = model or make_model()
    number = number or model.versions.count() + 1
    created_at = _EPOCH + timedelta(days=number)
    defaults: dict[str, Any] = {
        "created_at": created_at,
        "updated_at": created_at,
        "run_id": f"{model.pk:016x}{number:016x}",
        "source": f"models:/{model.name}/{number}",
    }
    version = ModelVersion.objects.create(
        model=model, number=number, stage=stage, **(defaults | columns)
    )
    for key, value in (tags or {}).items():
        VersionTag.objects.create(version=version, model=model, key=key, value=value)
    if has_evidence:
        Evidence.objects.create(
            version=version,
            run_read_at=created_at,
            model_read_at=created_at,
            run_status="FINISHED",
            metrics=as_json_numbers(dict(metrics or {})),
            params=dict(params or {}),
            signature=dict(signature) if signature is not None else None,
            requirements=list(requirements),
        )
    return version


def make_alias(*, version: ModelVersion, name: str = "champion") -> Alias:
    """Let an alias of the version's model point to the version."""
    return Alias.objects.create(model=version.model, version=version, name=name)


def make_incident(
    *,
    version: ModelVersion | None = None,
    before: Stage | str = Stage.NONE,
    after: Stage | str = Stage.PRODUCTION,
    **columns: Any,
) -> Incident:
    """Make an incident by its row alone: a version was moved between two stages."""
    version = version or make_version(stage=after)
    effect = stage_effect(version.number, before, after)
    effects = [effect.as_json()] if effect else []
    defaults = {"seen_at": _EPOCH, "changed_at": _EPOCH, "effects": effects}
    return Incident.objects.create(model=version.model, **(defaults | columns))


def make_comment(
    *,
    version: ModelVersion | None = None,
    request: TransitionRequest | None = None,
    author: User | None = None,
    text: str = "Which data?",
) -> Comment:
    """Make a comment by its row alone: no event, nothing checked.

    Args:
        version: a new one if not given.
        request: in whose discussion; None for none.
        author: a new user if not given.
        text: Markdown.
    """
    return Comment.objects.create(
        version=version or make_version(),
        request=request,
        author=author or make_user(),
        text=text,
    )


def make_transition_request(
    *,
    version: ModelVersion | None = None,
    target: str = "stage:Production",
    requested_by: User | None = None,
    comment: str = "Better on every metric.",
    **columns: Any,
) -> TransitionRequest:
    """Make an open request, by its row alone: no event, nothing checked.

    Args:
        version: a new one, in stage None, if not given.
        target: `stage:…` or `alias:…`.
        requested_by: a new user if not given.
        comment: the requester's.
        columns: more columns of `TransitionRequest`, such as `status`.
    """
    version = version or make_version()
    return TransitionRequest.objects.create(
        version=version,
        target=target,
        from_stage=columns.pop("from_stage", version.stage),
        requested_by=requested_by or make_user(),
        comment=comment,
        **columns,
    )
