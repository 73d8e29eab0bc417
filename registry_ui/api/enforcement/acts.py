"""The changes of the registry that the matrix speaks of."""

from dataclasses import dataclass
from enum import StrEnum

from registry_ui.api.enforcement.outcomes import Outcome
from registry_ui.models import ALIAS_PREFIX, STAGE_PREFIX, Stage


class MLflowRight(StrEnum):
    """What MLflow's own sign-in, `basic-auth`, wants of an account, least first."""

    ACCOUNT = "for every account"
    EDIT = "from EDIT on"
    MANAGE = "from MANAGE on"
    ADMINISTRATOR = "for its administrators"


@dataclass(frozen=True, slots=True)
class Act:
    """A change of the registry that MLflow's API offers.

    Attributes:
        words: the change, as it follows "somebody can".
        matters: what it does to those who load the model.
        past: what comes of it where it is sent straight to MLflow.
        needs: what of an account, where MLflow asks for one.
        target: what a version is put into, where the level depends on it.
        serves: what is changed serves somebody.
        has_page: Signoff has a page for it.
        in_databricks: Databricks' clients have a call for it.
        in_api: `/api/v1` has one.
        makes_prompt: it sets MLflow's tag for prompts.
        changes: MLflow holds something else afterwards.
    """

    slug: str
    words: str
    method: str
    path: str
    matters: str
    past: Outcome
    needs: MLflowRight
    target: str = ""
    serves: bool = False
    has_page: bool = True
    in_databricks: bool = True
    in_api: bool = False
    makes_prompt: bool = False
    changes: bool = True


ACTS = (
    Act(
        "move-production",
        "move a version into or out of Production",
        "POST",
        "model-versions/transition-stage",
        "Whoever loads models:/name/Production gets another version.",
        Outcome.DETECTED,
        MLflowRight.EDIT,
        in_api=True,
        target=f"{STAGE_PREFIX}{Stage.PRODUCTION}",
        serves=True,
    ),
    Act(
        "move-staging",
        "move a version into or out of Staging",
        "POST",
        "model-versions/transition-stage",
        "Whoever loads models:/name/Staging gets another version.",
        Outcome.DETECTED,
        MLflowRight.EDIT,
        in_api=True,
        target=f"{STAGE_PREFIX}{Stage.STAGING}",
        serves=True,
    ),
    Act(
        "move-archived",
        "move a version between None and Archived",
        "POST",
        "model-versions/transition-stage",
        "Nobody loads from either.",
        Outcome.RECORDED,
        MLflowRight.EDIT,
        in_api=True,
        target=f"{STAGE_PREFIX}{Stage.ARCHIVED}",
    ),
    Act(
        "set-alias",
        "set an alias, or point it to another version",
        "POST",
        "registered-models/alias",
        "Whoever loads models:/name@alias gets another version.",
        Outcome.DETECTED,
        MLflowRight.EDIT,
        in_api=True,
        in_databricks=False,
        target=f"{ALIAS_PREFIX}champion",
        serves=True,
    ),
    Act(
        "delete-alias",
        "delete an alias",
        "DELETE",
        "registered-models/alias",
        "Whoever loads models:/name@alias gets an error.",
        Outcome.DETECTED,
        MLflowRight.MANAGE,
        in_databricks=False,
        target=f"{ALIAS_PREFIX}champion",
        serves=True,
    ),
    Act(
        "create-version",
        "register a version",
        "POST",
        "model-versions/create",
        "Whoever loads models:/name/latest gets it at once.",
        Outcome.RECORDED,
        MLflowRight.EDIT,
        has_page=False,
    ),
    Act(
        "delete-serving-version",
        "delete a version that serves",
        "DELETE",
        "model-versions/delete",
        "Whoever loads it gets an error.",
        Outcome.DETECTED,
        MLflowRight.MANAGE,
        serves=True,
    ),
    Act(
        "delete-version",
        "delete a version that is in no stage and behind no alias",
        "DELETE",
        "model-versions/delete",
        "Whoever loads it by its number gets an error.",
        Outcome.RECORDED,
        MLflowRight.MANAGE,
    ),
    Act(
        "delete-serving-model",
        "delete a model that serves",
        "DELETE",
        "registered-models/delete",
        "Whoever loads it gets an error, or another model made under its name.",
        Outcome.DETECTED,
        MLflowRight.MANAGE,
        serves=True,
    ),
    Act(
        "delete-model",
        "delete a model of which nothing serves",
        "DELETE",
        "registered-models/delete",
        "Whoever loads a version by its number gets an error.",
        Outcome.RECORDED,
        MLflowRight.MANAGE,
    ),
    Act(
        "rename-model",
        "rename a model that serves",
        "POST",
        "registered-models/rename",
        "Whoever loads it by its old name gets an error.",
        Outcome.DETECTED,
        MLflowRight.EDIT,
        serves=True,
    ),
    Act(
        "create-model",
        "register a model",
        "POST",
        "registered-models/create",
        "A name is taken.",
        Outcome.RECORDED,
        MLflowRight.ACCOUNT,
    ),
    Act(
        "make-prompt",
        "make a prompt of a model that serves, by a tag",
        "POST",
        "registered-models/set-tag",
        "MLflow's lists hide it, and whoever loads it gets an error.",
        Outcome.DETECTED,
        MLflowRight.EDIT,
        serves=True,
        makes_prompt=True,
    ),
    Act(
        "set-model-tag",
        "set a tag of a model",
        "POST",
        "registered-models/set-tag",
        "Something, if a program goes by that tag.",
        Outcome.RECORDED,
        MLflowRight.EDIT,
    ),
    Act(
        "delete-model-tag",
        "delete a tag of a model",
        "DELETE",
        "registered-models/delete-tag",
        "Something, if a program goes by that tag.",
        Outcome.RECORDED,
        MLflowRight.EDIT,
    ),
    Act(
        "set-version-tag",
        "set a tag of a version",
        "POST",
        "model-versions/set-tag",
        "Something, if a program goes by that tag; a policy may read it.",
        Outcome.RECORDED,
        MLflowRight.EDIT,
    ),
    Act(
        "delete-version-tag",
        "delete a tag of a version",
        "DELETE",
        "model-versions/delete-tag",
        "Something, if a program goes by that tag; a policy may read it.",
        Outcome.RECORDED,
        MLflowRight.MANAGE,
    ),
    Act(
        "describe-model",
        "describe a model",
        "PATCH",
        "registered-models/update",
        "Nothing.",
        Outcome.RECORDED,
        MLflowRight.EDIT,
    ),
    Act(
        "describe-version",
        "describe a version",
        "PATCH",
        "model-versions/update",
        "Nothing.",
        Outcome.RECORDED,
        MLflowRight.EDIT,
    ),
    Act(
        "create-webhook",
        "add a webhook of MLflow's own",
        "POST",
        "webhooks",
        "Nothing; its receiver hears of what is registered.",
        Outcome.NOT_SEEN,
        MLflowRight.ADMINISTRATOR,
        in_databricks=False,
        has_page=False,
    ),
    Act(
        "change-webhook",
        "change a webhook of MLflow's own",
        "PATCH",
        "webhooks/<str:webhook_id>",
        "Nothing; another receiver may hear of what is registered.",
        Outcome.NOT_SEEN,
        MLflowRight.ADMINISTRATOR,
        in_databricks=False,
        has_page=False,
    ),
    Act(
        "test-webhook",
        "have MLflow test a webhook of its own",
        "POST",
        "webhooks/<str:webhook_id>/test",
        "Nothing; its receiver is called.",
        Outcome.NOT_SEEN,
        MLflowRight.ADMINISTRATOR,
        in_databricks=False,
        has_page=False,
        changes=False,
    ),
    Act(
        "delete-webhook",
        "delete a webhook of MLflow's own",
        "DELETE",
        "webhooks/<str:webhook_id>",
        "Nothing; Signoff's hints may stop, and it is slower to notice.",
        Outcome.NOT_SEEN,
        MLflowRight.ADMINISTRATOR,
        in_databricks=False,
        has_page=False,
    ),
)
