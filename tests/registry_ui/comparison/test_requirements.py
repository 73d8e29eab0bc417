"""Dependencies side by side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.comparison import Change, RequirementCell, Step, compare
from registry_ui.comparison.requirements import parse_requirements
from tests.registry_ui.comparison.facts import make_facts

REAL_FILE = r"""
# made by mlflow
--index-url https://packages.example/simple
-r base.txt
mlflow==3.17.2
Scikit_Learn[alldeps] == 1.5.2 ; python_version >= "3.9"  # the estimator
numpy>=1.26,<3
pandas
torch @ https://wheels.example/torch-2.4.0-cp311.whl#sha256=abc
requests==2.32.3 \
    --hash=sha256:70761cfe03c773ceb22aa2f671b4757976145175cdfca038c02654d061d6dcc6 \
    --hash=sha256:55365417734eb18255590a9ff9eb97e9e1da868d4ccd6402399eaf68af20a760
importlib-metadata==4.0 ; python_version < "3.8"
importlib-metadata==5.0 ; python_version >= "3.8"
git+https://git.example/team/features.git@v3
"""


def cell_of(before: str | None, after: str | None) -> RequirementCell:
    """Compare one requirement; None where a version has none."""
    versions = [
        make_facts(number, requirements=() if line is None else (line,))
        for number, line in enumerate((before, after))
    ]
    return compare(versions).requirements[0].cells[1]


def test_a_real_file_is_read_as_pip_reads_it() -> None:
    asks = parse_requirements(REAL_FILE.splitlines())

    assert {name: ask.text for name, ask in asks.items()} == {
        "mlflow": "3.17.2",
        "scikit-learn": '[alldeps] 1.5.2 ; python_version >= "3.9"',
        "numpy": "<3,>=1.26",
        "pandas": "any version",
        "torch": "@ https://wheels.example/torch-2.4.0-cp311.whl#sha256=abc",
        "requests": "2.32.3",
        "importlib-metadata": '4.0 ; python_version < "3.8",'
        ' or 5.0 ; python_version >= "3.8"',
        "git+https://git.example/team/features.git@v3": (
            "git+https://git.example/team/features.git@v3"
        ),
    }


@pytest.mark.parametrize(
    ("before", "after", "change", "step"),
    [
        ("numpy==2.1.0", "numpy==2.1.0", Change.SAME, None),
        ("numpy==2.1.0", "NumPy == 2.1.0", Change.SAME, None),
        ("numpy==1.26.4", "numpy==2.0.0", Change.CHANGED, Step.MAJOR),
        ("numpy==2.0.1", "numpy==2.1.0", Change.CHANGED, Step.MINOR),
        ("numpy==2.1.0", "numpy==2.1.1", Change.CHANGED, Step.PATCH),
        ("numpy==2.1", "numpy==2.1.1rc1", Change.CHANGED, Step.PATCH),
        ("numpy==2.1", "numpy==1!2.1", Change.CHANGED, Step.MAJOR),
        ("numpy==2.1", "numpy>=2.1", Change.CHANGED, Step.OTHER),
        ("numpy==2.*", "numpy==3.*", Change.CHANGED, Step.OTHER),
        ("numpy", "numpy==2.1", Change.CHANGED, Step.OTHER),
        (None, "numpy==2.1.0", Change.ADDED, None),
        ("numpy==2.1.0", None, Change.REMOVED, None),
    ],
)
def test_a_change_is_named_by_the_part_that_moved(
    before: str | None, after: str | None, change: Change, step: Step | None
) -> None:
    cell = cell_of(before, after)

    assert (cell.change, cell.step) == (change, step)


def test_an_older_version_is_a_downgrade() -> None:
    assert cell_of("numpy==2.1.0", "numpy==1.26.4").is_downgrade
    assert not cell_of("numpy==1.26.4", "numpy==2.1.0").is_downgrade


@given(st.lists(st.text()))
def test_no_line_can_break_the_comparison(lines: list[str]) -> None:
    parse_requirements(lines)


@pytest.mark.parametrize(
    "line", ["(" * 5000, "a" * 100_000, "x ; " + "(" * 1900, "a" + " --b" * 400]
)
def test_absurd_lines_are_no_trouble(line: str) -> None:
    parse_requirements([line])
