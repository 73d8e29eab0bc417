"""The caller's own API tokens: list, make, revoke."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from django.http import Http404
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field, StrictBool

from registry_ui.actions.tokens import LONGEST_DAYS, create_token, revoke_token
from registry_ui.api.authentication import ApiRequest, needs, token_of
from registry_ui.api.texts import Text
from registry_ui.api.v1.account import TokenOut
from registry_ui.api.v1.fields import REFUSALS, Body, Number, examples, listed
from registry_ui.api.v1.idempotency import HEADER
from registry_ui.api.v1.paging import PageOut, PageQuery, page_by
from registry_ui.errors import ActionError
from registry_ui.models import ApiToken, Scope

router = Router(tags=["Account"])
ALL = "/tokens"
ONE = "/tokens/{token_id}"
ScopeName = Annotated[Scope, listed(Scope)]


class TokenPath(Schema):
    """Names a token."""

    token_id: Number = Field(description="`id` of the token.")


class TokenIn(Body):
    """A token to make."""

    model_config = examples({"name": "nightly", "scopes": ["read"], "days": 30})

    name: Text = Field(description="What it is for.")
    scopes: list[ScopeName] = Field(
        description="What it is good for; of a token's own scopes, if one calls."
    )
    days: int | None = Field(
        None,
        ge=1,
        le=LONGEST_DAYS,
        description="How long it works. Left out: until it is revoked, or as long as"
        " the token that calls.",
    )
    opens_requests: StrictBool = Field(
        False, description="Ask for a move that needs a request, in the same call."
    )


class OwnTokenOut(TokenOut):
    """One of the caller's tokens, without its secret."""

    id: int
    opens_requests: bool
    made_with: str = Field(
        description="First characters of the token that made it. Empty: a person did."
    )
    created_at: datetime
    used_at: datetime | None = Field(description="To the minute. Null: never.")
    used_from: str = Field(description="The network of the last use; may be empty.")
    revoked_at: datetime | None = Field(description="Null: it was not revoked.")

    @classmethod
    def of(cls, token: ApiToken) -> "OwnTokenOut":
        """Describe a token."""
        return cls.model_validate(_described(token))


class NewTokenOut(OwnTokenOut):
    """A token that was just made."""

    model_config = examples(
        {
            "id": 12,
            "name": "nightly",
            "prefix": "signoff_1a2b",
            "scopes": ["read"],
            "opens_requests": False,
            "made_with": "",
            "created_at": "2026-01-05T09:00:00Z",
            "expires_at": "2026-02-04T09:00:00Z",
            "used_at": None,
            "used_from": "",
            "revoked_at": None,
            "secret": "signoff_1a2b…",
        }
    )

    secret: str = Field(description="What is sent with calls; never shown again.")


class TokenList(PageOut):
    """A page of the caller's tokens."""

    tokens: list[OwnTokenOut]


@router.get(ALL, response={200: TokenList, **REFUSALS}, summary="List tokens")
@needs(Scope.READ)
def list_tokens(request: ApiRequest, query: Query[PageQuery]) -> TokenList:
    """List your tokens, newest first; revoked and expired ones, too."""
    found = request.auth.api_tokens.select_related("made_with")
    page, cursor = page_by(found, query, "-id")
    return TokenList(
        tokens=[OwnTokenOut.of(token) for token in page], next_cursor=cursor
    )


@router.post(ALL, response={201: NewTokenOut, **REFUSALS}, summary="Make a token")
@needs(Scope.ADMIN)
def make_token(request: ApiRequest, body: TokenIn) -> Status[NewTokenOut]:
    """Make a token of your own; its secret is in this answer and nowhere else.

    A token makes none that is stronger: no scope that it lacks, no later end, and none
    that opens requests unless it does. So a secret can be shown once alone, this call
    refuses an `Idempotency-Key`: sent twice, it makes two.
    """
    if HEADER in request.headers:
        raise ActionError(
            f"Send no `{HEADER}` here: the secret is kept nowhere, so that no second"
            " call gets it. If the answer is lost, revoke the token and make another."
        )
    token, secret = create_token(
        request.auth,
        actor=request.auth,
        within=token_of(request),
        **body.model_dump(),
    )
    return Status(
        HTTPStatus.CREATED,
        NewTokenOut.model_validate({**_described(token), "secret": secret}),
    )


@router.delete(ONE, response={204: None, **REFUSALS}, summary="Revoke a token")
@needs(Scope.ADMIN)
def remove_token(request: ApiRequest, path: Path[TokenPath]) -> Status[None]:
    """Let one of your tokens work no longer, be it the one that calls."""
    token = request.auth.api_tokens.filter(pk=path.token_id).first()
    if token is None:
        raise Http404(f"You have no token {path.token_id}.")
    revoke_token(token, actor=request.auth)
    return Status(HTTPStatus.NO_CONTENT, None)


def _described(token: ApiToken) -> dict[str, object]:
    maker = token.made_with
    columns = OwnTokenOut.model_fields.keys() - {"made_with"}
    return {
        **{name: getattr(token, name) for name in columns},
        "made_with": maker.prefix if maker else "",
    }
