"""Who calls, and how far their token reaches."""

from datetime import datetime
from typing import Annotated

from ninja import Router, Schema
from pydantic import Field, WithJsonSchema

from registry_ui import permissions
from registry_ui.api.authentication import ApiRequest, needs, token_of
from registry_ui.api.v1.fields import REFUSALS, examples, listed
from registry_ui.models import ApiToken, Level, Scope

router = Router(tags=["Account"])
LevelName = Annotated[
    str, WithJsonSchema({"type": "string", "enum": [one.name for one in Level]})
]


class TokenOut(Schema):
    """What is known of a token; never its secret."""

    name: str
    prefix: str = Field(description="First characters, to recognise it by.")
    scopes: list[Annotated[Scope, listed(Scope)]]
    expires_at: datetime | None = Field(description="None: never.")

    @classmethod
    def of(cls, token: ApiToken) -> "TokenOut":
        """Describe a token."""
        return cls(
            name=token.name,
            prefix=token.prefix,
            scopes=token.scopes,
            expires_at=token.expires_at,
        )


class AccountOut(Schema):
    """The caller."""

    model_config = examples(
        {
            "username": "dana",
            "full_name": "Dana Scully",
            "is_administrator": False,
            "level": "CAN_READ",
            "token": {
                "name": "ci",
                "prefix": "signoff_1a2b",
                "scopes": ["read", "request"],
                "expires_at": None,
            },
        }
    )

    username: str
    full_name: str
    is_administrator: bool
    level: LevelName | None = Field(
        description="Held on the whole registry; None where levels are held on single"
        " models at most."
    )
    token: TokenOut | None = Field(description="None: a browser's session.")


@router.get("/account", response={200: AccountOut, **REFUSALS}, summary="Who am I")
@needs(Scope.READ)
def get_account(request: ApiRequest) -> AccountOut:
    """Tell who calls, what they hold on the whole registry, and of their token."""
    user = request.auth
    level = permissions.level_of(user, None)
    token = token_of(request)
    return AccountOut(
        username=user.get_username(),
        full_name=user.get_full_name(),
        is_administrator=user.is_superuser,
        level=Level(level).name if level else None,
        token=TokenOut.of(token) if token else None,
    )
