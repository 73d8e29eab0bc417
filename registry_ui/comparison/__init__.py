"""What differs between versions: facts in, verdicts out, nothing else."""

from registry_ui.comparison.background import DatasetComparison
from registry_ui.comparison.compatibility import Compatibility
from registry_ui.comparison.directions import (
    NOTHING_CHOSEN,
    Direction,
    MetricChoices,
    direction_of,
    headline_metric,
)
from registry_ui.comparison.facts import Dataset, VersionFacts
from registry_ui.comparison.git import commit_of, commit_url
from registry_ui.comparison.inner import Piece, inner_difference
from registry_ui.comparison.metrics import MetricCell, MetricRow, Verdict, judge
from registry_ui.comparison.numbers import (
    MINUS,
    format_bytes,
    format_change,
    format_number,
    format_relative,
)
from registry_ui.comparison.report import Comparison, compare
from registry_ui.comparison.requirements import (
    RequirementCell,
    RequirementRow,
    Step,
)
from registry_ui.comparison.signatures import (
    SchemaCell,
    SchemaRow,
    SignatureComparison,
)
from registry_ui.comparison.summary import Statement, Tone
from registry_ui.comparison.tables import table
from registry_ui.comparison.values import Change, ValueCell, ValueRow

__all__ = [
    "MINUS",
    "NOTHING_CHOSEN",
    "Change",
    "Comparison",
    "Compatibility",
    "Dataset",
    "DatasetComparison",
    "Direction",
    "MetricCell",
    "MetricChoices",
    "MetricRow",
    "Piece",
    "RequirementCell",
    "RequirementRow",
    "SchemaCell",
    "SchemaRow",
    "SignatureComparison",
    "Statement",
    "Step",
    "Tone",
    "ValueCell",
    "ValueRow",
    "Verdict",
    "VersionFacts",
    "commit_of",
    "commit_url",
    "compare",
    "direction_of",
    "format_bytes",
    "format_change",
    "format_number",
    "format_relative",
    "headline_metric",
    "inner_difference",
    "judge",
    "table",
]
