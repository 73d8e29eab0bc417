"""How people see what the server answered."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import shorten

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from signoff.answers import Request, RequestSummary

LONGEST_COMMENT = 80
"""Characters of a comment in a list."""

STYLES = {
    "open": "yellow",
    "approved": "cyan",
    "applying": "cyan",
    "applied": "green",
    "passed": "green",
    "better": "green",
    "failed": "red",
    "rejected": "red",
    "worse": "red",
    "waiting": "yellow",
    "pending": "yellow",
    "insufficient": "yellow",
}
"""Colour only repeats what the word says."""


def printable(text: str) -> str:
    """Return the text without what a terminal would take for commands."""
    expanded = text.expandtabs(4)
    return "".join(
        sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}"
        for sign in expanded
    )


def one_line(text: str) -> str:
    """Return the text printable, with one space for all white space."""
    return " ".join(printable(" ".join(text.split())).split())


def word(text: str) -> Text:
    """Return a status or a verdict in its colour."""
    return Text(one_line(text), style=STYLES.get(text, ""))


def target_label(target: str) -> str:
    """Return a target as people write it: `Production`, `@champion`."""
    kind, _, name = target.partition(":")
    return f"@{name}" if kind == "alias" else name


def moment(time: str) -> str:
    """Return a time of the server's to the minute; it is UTC."""
    return time[:16].replace("T", " ")


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Text | str]]
) -> RenderableType:
    """Return a table; where it is too wide, all but its first column are wrapped.

    Args:
        columns: headings.
        rows: as many cells each; line breaks of a text are left out.
    """
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for index, heading in enumerate(columns):
        shown.add_column(heading, no_wrap=index == 0, overflow="fold")
    for row in rows:
        shown.add_row(
            *(cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row)
        )
    return shown


def request_table(requests: Sequence[RequestSummary]) -> RenderableType:
    """Return requests as a table, or the word that there are none."""
    if not requests:
        return "There are no such requests."
    return table(
        ["#", "model", "to", "status", "by", "asked", "why"],
        (
            [
                str(request["number"]),
                f"{request['model']} v{request['version']}",
                target_label(request["target"]),
                word(request["status"]),
                request["requested_by"],
                moment(request["created_at"])[:10],
                shorten(request["comment"], LONGEST_COMMENT, placeholder=" …"),
            ]
            for request in requests
        ),
    )


def request_page(request: Request) -> Iterator[RenderableType]:
    """Yield all that a decision rests on, as far as words and tables can say it."""
    yield Text.assemble(
        f"#{request['number']}  ",
        (one_line(f"{request['model']} v{request['version']}"), "bold"),
        one_line(f": {request['from_stage']} → {target_label(request['target'])}"),
        "  ",
        word(request["status"]),
    )
    asked = f"Asked by {request['requested_by']} at {moment(request['created_at'])} UTC"
    yield f"{one_line(asked)}; policy {one_line(request['policy'])}."
    yield from _paragraph(request["comment"])
    if request["failure"]:
        yield Text(f"Failure: {one_line(request['failure'])}", style="red")
    if request["gates"]:
        yield _heading("Gates")
        yield table(
            ["gate", "verdict", "what it found, and what is missing"],
            (
                [
                    gate["name"],
                    word(gate["verdict"]),
                    f"{gate['explanation']} {gate['remedy']}",
                ]
                for gate in request["gates"]
            ),
        )
    yield from _list("Plan", (effect["effect"] for effect in request["plan"]))
    yield from _list(
        "In MLflow afterwards",
        (
            f"{effect['effect']}: {'true' if effect['came_true'] else 'not true'},"
            f" found {effect['found'] or 'nothing'}"
            for effect in request["outcome"] or []
        ),
    )
    yield from _list(
        "Reviews",
        (
            f"{review['reviewer']}: {review['decision']}. {review['comment']}"
            for review in request["reviews"]
            if not review["stale_reason"]
        ),
    )
    yield from _list(
        "Discussion",
        (f"{comment['author']}: {comment['text']}" for comment in request["comments"]),
    )
    yield Text(one_line(request["links"]["page"]), style="dim")


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _paragraph(text: str) -> Iterator[RenderableType]:
    if text:
        yield ""
        yield Padding(Text(printable(text)), (0, 0, 0, 2), expand=False)


def _list(heading: str, items: Iterable[str]) -> Iterator[RenderableType]:
    """Yield a heading with lines below, or nothing if there are none."""
    lines = [
        Padding(Text(one_line(item)), (0, 0, 0, 2), expand=False) for item in items
    ]
    if lines:
        yield _heading(heading)
        yield from lines
