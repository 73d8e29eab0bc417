"""Lists, a page at a time: cut by the key of the last row, named by an opaque cursor.

What comes or goes meanwhile neither repeats nor hides any other row.
"""

from typing import Any, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, QuerySet
from ninja import Schema
from pydantic import Field

from registry_ui.api.texts import Text
from registry_ui.errors import InvalidFieldError
from registry_ui.keyset import Key, SortKey, beyond

MOST = 200
_Row = TypeVar("_Row", bound=Model)


class PageQuery(Schema):
    """Which page of a list."""

    cursor: Text | None = Field(
        None, description="`next_cursor` of the answer before, for the page after it."
    )
    limit: int = Field(50, ge=1, le=MOST, description="How many to list at most.")


class PageOut(Schema):
    """What every list says of its pages."""

    next_cursor: str | None = Field(description="For the page after; null at the end.")


def page_by(
    found: QuerySet[_Row], query: PageQuery, *order: str
) -> tuple[list[_Row], str | None]:
    """Return one page, and the cursor of the next; None where there is none.

    Args:
        found: all rows that are wanted, in any order.
        query: which page.
        order: names of fields that are never NULL, as `order_by` takes them; no two
            rows are equal in all of them.

    Raises:
        InvalidFieldError: the cursor is none of this list's.
    """
    # Signed: nobody can ask for a place that no row ever had.
    signer = Signer(salt=f"cursor of {found.model._meta.label} by {order}")
    names = [name.removeprefix("-") for name in order]
    if query.cursor is not None:
        keys = [SortKey(F(name.removeprefix("-")), name[0] == "-") for name in order]
        place = _place(found.model, names, query.cursor, signer)
        found = found.alias(
            **{f"key{n}": key.expression for n, key in enumerate(keys)}
        ).filter(beyond(keys, place, step=1))
    # One more than asked for tells whether there is a page after this one.
    rows = list(found.order_by(*order)[: query.limit + 1])
    page = rows[: query.limit]
    if len(rows) == len(page):
        return page, None
    return page, signer.sign_object(
        [_field(found.model, name).value_to_string(page[-1]) for name in names]
    )


def _place(model: type[Model], names: list[str], cursor: str, signer: Signer) -> Key:
    try:
        texts = signer.unsign_object(cursor)
    except BadSignature:
        raise InvalidFieldError(
            "cursor",
            "`cursor` must be the `next_cursor` that this list answered before; leave"
            " it out to begin again.",
        ) from None
    return tuple(
        _field(model, name).to_python(text)
        for name, text in zip(names, texts, strict=True)
    )


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)
