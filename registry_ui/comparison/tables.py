"""A comparison as one flat table, for spreadsheets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from registry_ui.comparison.metrics import MetricCell
from registry_ui.comparison.report import Comparison
from registry_ui.comparison.values import Change

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(comparison: Comparison) -> Iterator[list[str]]:
    """Yield a head and one row for each metric, parameter, column, library and so on.

    A row is its section, its name, what each version has, and how each version but the
    baseline differs: a number for metrics, a word for the rest. What a version lacks is
    empty. No cell can be taken for a formula.
    """
    labels = comparison.labels
    others = [i for i in range(len(labels)) if i != comparison.baseline]
    changes = [f"{labels[i]} against {comparison.base_label}" for i in others]
    yield [inert(text) for text in ("section", "name", *labels, *changes)]
    for metric in comparison.metrics:
        values = [_number(cell.value) for cell in metric.cells]
        differences = [_difference(metric.cells[i]) for i in others]
        yield ["metrics", inert(metric.name), *values, *differences]
    signature = comparison.signature
    for section, named in (
        ("parameters", comparison.params),
        ("tags", comparison.tags),
        ("environment", comparison.environment),
        ("files", comparison.files),
        ("MLmodel", comparison.model_file),
        ("input example", comparison.input_example),
        ("data sets", comparison.datasets.rows),
        ("lineage", comparison.lineage),
    ):
        for row in named:
            cells = [(cell.value, cell.change) for cell in row.cells]
            yield _line(section, row.name, cells, others)
    for section, declared in (
        ("signature inputs", signature.inputs),
        ("signature outputs", signature.outputs),
        ("signature parameters", signature.params),
        ("requirements", comparison.requirements),
    ):
        for line in declared:
            cells = [(cell.text, cell.change) for cell in line.cells]
            yield _line(section, line.name, cells, others)


def _line(
    section: str,
    name: str,
    cells: Sequence[tuple[str | None, Change]],
    others: Sequence[int],
) -> list[str]:
    values = [inert(text or "") for text, _ in cells]
    return [section, inert(name), *values, *(str(cells[i][1]) for i in others)]


def inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers stay numbers.

    Source: OWASP, "CSV Injection": an apostrophe in front of what begins one.
    """
    if not text.startswith(_FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _difference(cell: MetricCell) -> str:
    return "" if cell.change is None else _number(cell.change)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:  # noqa: PLR2004 - exact
        return str(int(value))
    return repr(value)
