"""Compare versions."""

from collections.abc import Iterator
from typing import Any

import click
from rich.console import RenderableType
from rich.text import Text

from signoff.answers import Comparison
from signoff.command_line.looks import one_line, table, word
from signoff.command_line.requests import VERSION
from signoff.command_line.session import Session, examples, json_option

NOT_ROWS = {"versions", "headline_metric", "summary"}
NOTHING = "-"
DIGITS = ".6g"


@click.command(
    epilog=examples(
        "signoff compare churn 6 7", "signoff compare churn 5 6 7 --all --json"
    )
)
@click.argument("model")
@click.argument(
    "versions", metavar="BASELINE VERSION...", type=VERSION, nargs=-1, required=True
)
@click.option("--all", "everything", is_flag=True, help="What is equal, too.")
@json_option
@click.pass_obj
def compare(
    session: Session, model: str, versions: tuple[int, ...], everything: bool
) -> None:
    """Show how versions of MODEL differ from BASELINE."""
    if len(versions) == 1:
        raise click.UsageError("Name two versions or more; the first is the baseline.")
    found = session.client.compare(
        *(f"{model}/{version}" for version in versions),
        only_differences=not everything,
    )
    session.answer(found, *_page(found))


def _page(comparison: Comparison) -> Iterator[RenderableType]:
    columns = [
        one_line(f"v{version['version']} {version['stage']}")
        for version in comparison["versions"]
    ]
    for statement in comparison["summary"]:
        version = comparison["versions"][statement["version"]]
        yield Text(one_line(f"v{version['version']}: {statement['text']}"))
    sections = {name: rows for name, rows in comparison.items() if name not in NOT_ROWS}
    for name, rows in sections.items():
        if not isinstance(rows, list) or not rows:
            continue
        yield ""
        yield table(
            [name.replace("_", " "), *columns],
            ([row["name"], *map(_cell, row["cells"])] for row in rows),
        )


def _cell(cell: dict[str, Any]) -> Text:
    """Return a value; a metric's in the colour of its verdict, which is said too."""
    value = cell["value"] if "value" in cell else cell["text"]
    if isinstance(value, float):
        value = f"{value:{DIGITS}}"
    text = Text(NOTHING if value is None else one_line(str(value)))
    verdict = cell.get("verdict")
    if verdict in ("better", "worse"):
        text.append(" ").append(word(verdict))
    return text
