"""The one table from audit events to the names under which webhooks hear of them."""

from typing import Any

from registry_ui.events import EventType
from registry_ui.models import Stage
from webhooks_ui.models import EventName
from webhooks_ui.payloads import fields as f
from webhooks_ui.payloads import texts
from webhooks_ui.payloads.fields import Field
from webhooks_ui.payloads.occurrences import Details
from webhooks_ui.payloads.rules import Rule, Text


def names_of(event_type: str, details: Details) -> tuple[EventName, ...]:
    """Return the names under which an audit event is told; none for many types.

    A move into Staging, say, has two: the generic name and the one for that stage.
    Each is a delivery of its own to a webhook that is subscribed to both.
    """
    return tuple(
        name
        for name in _NAMES_OF_TYPE.get(event_type, ())
        if RULES[name].tells_of(event_type, details)
    )


_SUBJECT = (f.MODEL_NAME, f.VERSION)
_ASKED = (*_SUBJECT, f.FROM_STAGE.required(), f.TO_STAGE)
_CHANGE: dict[str, Any] = {
    "kind": "promotion",
    "from_stage": "Staging",
    "to_stage": "Production",
    "target": "stage:Production",
}
_EFFECT = "v7 goes from Staging to Production"
_OUTCOME = [{"effect": _EFFECT, "found": "Production", "came_true": True}]


def _move(stage: str = "") -> Rule:
    """Return how a change of stage is told, any or the one to a stage."""
    to_stage = f.TO_STAGE.only(stage) if stage else f.TO_STAGE
    where = f"enters {stage}" if stage else "changes to any stage, None included"
    if stage == Stage.ARCHIVED:
        where = "is archived, also because another one took its place"
    return Rule(
        fires={EventType.MODEL_VERSION_TRANSITIONED: texts.transitioned},
        when=f"a version {where}",
        fields=(*_SUBJECT, to_stage.required(), f.FROM_STAGE.required()),
        more=(f.THROUGH, f.IS_SIDE_EFFECT),
        stage=stage,
        example={
            "from_stage": "Production" if stage == Stage.ARCHIVED else "None",
            "to_stage": stage or "Production",
            "through": "request",
            "is_side_effect": stage == Stage.ARCHIVED,
        },
    )


def _ask(stage: str = "") -> Rule:
    """Return how a request is told, any or the one for a stage."""
    to_stage = f.TO_STAGE.only(stage).required() if stage else f.TO_STAGE
    target = f" to {stage}" if stage else " to any stage or alias"
    return Rule(
        fires={EventType.TRANSITION_REQUEST_CREATED: texts.requested},
        when=f"somebody requests a transition{target}",
        fields=(*_SUBJECT, f.FROM_STAGE.required(), to_stage, f.COMMENT),
        more=(*f.THE_CHANGE, f.INCIDENT),
        stage=stage,
        example={
            **_CHANGE,
            "from_stage": "None",
            "to_stage": stage or "Production",
            "target": f"stage:{stage or 'Production'}",
            "kind": "archive" if stage == Stage.ARCHIVED else "promotion",
            "comment": "Better on every metric of the holdout set.",
        },
    )


def _end(
    event_type: EventType,
    when: str,
    text: Text,
    *more: Field,
    has_actor: bool = True,
    **example: Any,
) -> Rule:
    """Return how it is told that a request moved on or came to an end."""
    comments = tuple(one for one in more if one.name == "comment")
    return Rule(
        fires={event_type: text},
        when=when,
        fields=(*_ASKED, *comments),
        more=(*f.THE_CHANGE, *(one for one in more if one not in comments)),
        example={**_CHANGE, **example},
        has_actor=has_actor,
    )


def _alias(
    event_type: EventType, when: str, text: Text, *more: Field, **example: Any
) -> Rule:
    """Return how a change of an alias is told."""
    return Rule(
        fires={event_type: text},
        when=when,
        more=(f.ALIAS, *(one.required() for one in more), f.THROUGH),
        example={"alias": "champion", "through": "request", **example},
    )


_DATABRICKS: dict[EventName, Rule] = {
    EventName.REGISTERED_MODEL_CREATED: Rule(
        fires={EventType.REGISTERED_MODEL_CREATED: texts.model_created},
        when="a registered model is created",
        fields=(f.MODEL_NAME,),
        more=(f.THROUGH,),
        example={"through": "signoff"},
    ),
    EventName.MODEL_VERSION_CREATED: Rule(
        fires={EventType.MODEL_VERSION_CREATED: texts.version_created},
        when="a version is created; its first tags and stage come with it, and fire"
        " nothing of their own",
        fields=(*_SUBJECT, f.SOURCE_RUN_ID),
        more=(f.THROUGH,),
        example={"run_id": "ae2cc01346de45f79a44a320aab1797b", "through": "mlflow"},
    ),
    EventName.MODEL_VERSION_TAG_SET: Rule(
        fires={EventType.MODEL_VERSION_TAG_SET: texts.tag_set},
        when="a tag of a version is new or gets another value",
        fields=(*_SUBJECT, f.TAGS),
        more=(f.THROUGH,),
        example={"key": "validated", "value": "yes", "through": "signoff"},
    ),
    EventName.COMMENT_CREATED: Rule(
        fires={EventType.COMMENT_CREATED: texts.commented},
        when="somebody comments on a version or a request; not for a comment given with"
        " a request, a decision or a withdrawal, nor when one is edited or deleted",
        fields=(*_SUBJECT, f.COMMENT.required()),
        example={"comment": "Which data was it trained on?"},
    ),
    EventName.TRANSITION_REQUEST_CREATED: _ask(),
    EventName.TRANSITION_REQUEST_TO_STAGING_CREATED: _ask("Staging"),
    EventName.TRANSITION_REQUEST_TO_PRODUCTION_CREATED: _ask("Production"),
    EventName.TRANSITION_REQUEST_TO_ARCHIVED_CREATED: _ask("Archived"),
    EventName.MODEL_VERSION_TRANSITIONED_STAGE: _move(),
    EventName.MODEL_VERSION_TRANSITIONED_TO_STAGING: _move("Staging"),
    EventName.MODEL_VERSION_TRANSITIONED_TO_PRODUCTION: _move("Production"),
    EventName.MODEL_VERSION_TRANSITIONED_TO_ARCHIVED: _move("Archived"),
}

_REQUESTS: dict[EventName, Rule] = {
    EventName.TRANSITION_REQUEST_APPROVED: _end(
        EventType.TRANSITION_REQUEST_APPROVED,
        "the last gate of a request has passed, by an approval, a check or the clock;"
        " a worker then carries it out, unless it is so already",
        texts.approved,
        f.POLICY,
        f.PLAN,
        policy="production v3",
        plan=[_EFFECT],
    ),
    EventName.TRANSITION_REQUEST_REJECTED: _end(
        EventType.TRANSITION_REQUEST_REJECTED,
        "a reviewer rejects a request, which closes it",
        texts.rejected,
        f.REVIEW_COMMENT.required(),
        review_comment="The recall on new customers has dropped.",
    ),
    EventName.TRANSITION_REQUEST_CANCELLED: _end(
        EventType.TRANSITION_REQUEST_CANCELLED,
        "its requester, or who manages the model, withdraws a request",
        texts.cancelled,
        f.COMMENT,
        comment="Version 8 is better.",
    ),
    EventName.TRANSITION_REQUEST_EXPIRED: _end(
        EventType.TRANSITION_REQUEST_EXPIRED,
        "nobody has decided on a request in the time that its policy gives",
        texts.expired,
        f.POLICY,
        has_actor=False,
        policy="production v3",
    ),
    EventName.TRANSITION_REQUEST_SUPERSEDED: _end(
        EventType.TRANSITION_REQUEST_SUPERSEDED,
        "another request put the same version into the same target",
        texts.superseded,
        f.BY_REQUEST.required(),
        by_request=11,
    ),
    EventName.TRANSITION_REQUEST_APPLIED: _end(
        EventType.TRANSITION_REQUEST_APPLIED,
        "an approved request is carried out, and MLflow was read back and shows it",
        texts.applied,
        f.CAME_TRUE,
        outcome=_OUTCOME,
    ),
    EventName.TRANSITION_FAILED: _end(
        EventType.TRANSITION_REQUEST_FAILED,
        "an approved request could not be carried out, or not be undone",
        texts.failed,
        f.REASON.required(),
        f.WAS_UNDO,
        f.CAME_TRUE,
        has_actor=False,
        reason="Version 7 was deleted in MLflow.",
        was_undo=False,
        outcome=[],
    ),
    EventName.TRANSITION_UNDONE: _end(
        EventType.TRANSITION_REQUEST_UNDONE,
        "what came true of a failed request is taken back, or there was nothing to take"
        " back",
        texts.undone,
        f.UNDONE,
        effects=["v7 goes from Production to Staging"],
    ),
    EventName.BREAK_GLASS_USED: _end(
        EventType.GLASS_BROKEN,
        "somebody puts a version into a target at once, before anybody has reviewed it;"
        " the request for that review fires TRANSITION_REQUEST_CREATED besides",
        texts.glass_broken,
        f.COMMENT.saying("What the emergency is.").required(),
        f.REVIEW_DUE_AT.required(),
        f.POLICY,
        f.PLAN,
        kind="break-glass",
        comment="Version 6 answers NaN for one customer in ten.",
        review_due_at="2026-03-02T09:30:00+00:00",
        policy="production v3",
        plan=[_EFFECT],
    ),
    EventName.BREAK_GLASS_REVIEW_OVERDUE: _end(
        EventType.REVIEW_OVERDUE,
        "nobody has reviewed a break-glass until its deadline; once for each",
        texts.review_overdue,
        f.BREAK_GLASS.required(),
        f.REVIEW_DUE_AT.required(),
        has_actor=False,
        kind="retrospective",
        break_glass=11,
        review_due_at="2026-03-02T09:30:00+00:00",
    ),
}

_REST: dict[EventName, Rule] = {
    EventName.INCIDENT_OPENED: Rule(
        fires={EventType.INCIDENT_OPENED: texts.incident_opened},
        when="a stage, an alias, the name or the existence of what is in use was"
        " changed in MLflow, and no request explains it",
        fields=(f.MODEL_NAME,),
        more=(f.INCIDENT.required(), f.EFFECTS),
        example={"incident": 3, "effects": ["v7 goes from None to Production"]},
        has_actor=False,
    ),
    EventName.INCIDENT_RESOLVED: Rule(
        fires={EventType.INCIDENT_RESOLVED: texts.incident_resolved},
        when="nothing of an incident is left to answer",
        fields=(f.MODEL_NAME,),
        more=(
            f.INCIDENT.required(),
            f.EFFECTS,
            f.RESOLUTION,
            f.REASON,
            f.BY_REQUEST,
        ),
        example={
            "incident": 3,
            "effects": ["v7 goes from None to Production"],
            "resolution": "accepted",
            "reason": "A hot fix, agreed on with risk.",
        },
    ),
    EventName.MODEL_VERSION_ALIAS_SET: _alias(
        EventType.ALIAS_SET,
        "an alias that pointed nowhere is set",
        texts.alias_set,
        f.TO_VERSION,
    ),
    EventName.MODEL_VERSION_ALIAS_MOVED: _alias(
        EventType.ALIAS_MOVED,
        "an alias is moved from one version to another",
        texts.alias_moved,
        f.FROM_VERSION,
        f.TO_VERSION,
        from_version=6,
    ),
    EventName.MODEL_VERSION_ALIAS_DELETED: _alias(
        EventType.ALIAS_DELETED,
        "an alias is deleted; not when its model is deleted",
        texts.alias_deleted,
        f.NO_LONGER,
    ),
    EventName.CHECK_REPORTED: Rule(
        fires={EventType.CHECK_REPORTED: texts.check_reported},
        when="an outside system reports a check on a version, each time",
        more=(f.CHECK, f.VERDICT, f.CHECK_LINK, f.CHECK_TEXT),
        example={
            "check": "bias-audit",
            "verdict": "passed",
            "link": "https://ci.example.com/runs/4711",
            "text": "No group differs by more than 2 %.",
        },
    ),
    EventName.MODEL_VERSION_DELETED: Rule(
        fires={EventType.MODEL_VERSION_DELETED: texts.version_deleted},
        when="a version is deleted; not for those that are deleted with their model",
        fields=(*_SUBJECT, f.STAGE_BEFORE),
        more=(f.THROUGH,),
        example={"stage": "Archived", "through": "signoff"},
    ),
    EventName.REGISTERED_MODEL_RENAMED: Rule(
        fires={EventType.REGISTERED_MODEL_RENAMED: texts.model_renamed},
        when="a registered model gets another name; its webhooks stay with it",
        fields=(f.MODEL_NAME.saying("The registered model, by its new name."),),
        more=(f.NAME_BEFORE, f.THROUGH),
        example={"name_before": "former-name", "through": "signoff"},
    ),
    EventName.REGISTERED_MODEL_DELETED: Rule(
        fires={EventType.REGISTERED_MODEL_DELETED: texts.model_deleted},
        when="a registered model is deleted, or a tag in MLflow makes it a prompt",
        fields=(f.MODEL_NAME,),
        more=(f.THROUGH, f.IS_PROMPT),
        example={"through": "signoff"},
    ),
    EventName.POLICY_CHANGED: Rule(
        fires={
            EventType.POLICY_CREATED: texts.policy_created,
            EventType.POLICY_CHANGED: texts.policy_changed,
            EventType.POLICY_RETIRED: texts.policy_retired,
            EventType.POLICY_REORDERED: texts.policies_reordered,
        },
        when="a promotion policy is created, changed or retired, or the order in which"
        " policies are tried changes",
        fields=(),
        more=(f.POLICY_ACT, f.POLICY_NAME, f.POLICY_VERSION, f.ORDER),
        example={"policy": "production", "policy_version": 4},
    ),
}

RULES: dict[EventName, Rule] = _DATABRICKS | _REQUESTS | _REST
"""How each name is told."""

_NAMES_OF_TYPE: dict[str, list[EventName]] = {
    event_type: [name for name, rule in RULES.items() if event_type in rule.fires]
    for event_type in {one for rule in RULES.values() for one in rule.fires}
}
