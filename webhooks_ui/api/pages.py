"""Cutting the list of webhooks into pages, newest first."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.db.models import Q

from registry_ui.errors import InvalidFieldError
from webhooks_ui.models import Webhook
from webhooks_ui.models.webhooks import WebhookQuerySet

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(r"([0-9]{1,17})-([0-9A-Za-z]{1,32})")
_ROWS_AT_ONCE = 500


def page_of(
    found: WebhookQuerySet,
    is_wanted: Callable[[Webhook], bool],
    *,
    token: str,
    size: int,
) -> tuple[list[Webhook], str]:
    """Return one page and the token of the next; empty where there is none.

    A page is cut by the key of its last row: what comes or goes meanwhile repeats and
    hides nothing.

    Args:
        found: what may be listed.
        is_wanted: what no query of both databases can tell.
        token: of an earlier answer; empty for the first page.
        size: how many rows a page has.

    Raises:
        InvalidFieldError: the token is none of ours.
    """
    if token:
        found = found.filter(_after(token))
    rows = found.order_by("-created_at", "pk").iterator(chunk_size=_ROWS_AT_ONCE)
    # One more than asked for tells whether there is a page after this one.
    page = list(islice(filter(is_wanted, rows), size + 1))
    if len(page) <= size:
        return page, ""
    return page[:size], _token_of(page[size - 1])


def _token_of(webhook: Webhook) -> str:
    return f"{(webhook.created_at - _BEGIN) // timedelta(microseconds=1)}-{webhook.pk}"


def _after(token: str) -> Q:
    """Match what comes after the row that a token names."""
    read = _TOKEN.fullmatch(token)
    if read is None:
        raise InvalidFieldError(
            "page_token",
            "`page_token` must be the `next_page_token` of the page before.",
        )
    created_at = _BEGIN + timedelta(microseconds=int(read[1]))
    return Q(created_at__lt=created_at) | Q(created_at=created_at, pk__gt=read[2])
