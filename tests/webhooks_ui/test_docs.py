"""What docs/webhooks.md says of the events is what the code does."""

import re
from pathlib import Path

from webhooks_ui.forms import EVENT_GROUPS
from webhooks_ui.models import DATABRICKS_EVENTS, REGISTRY_WIDE_ONLY, EventName
from webhooks_ui.payloads import RULES

_FILE = Path(__file__).parents[2] / "docs" / "webhooks.md"
PAGE = _FILE.read_text().partition("\n## What is sent")[0]
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+) \|$", re.MULTILINE)


def test_the_tables_say_of_each_event_when_it_fires() -> None:
    rows = ROW.findall(PAGE)

    assert dict(rows) == {name.value: rule.when for name, rule in RULES.items()}
    assert len(rows) == len(EventName)


def test_databricks_events_stand_in_the_first_table_and_ours_in_the_second() -> None:
    theirs, ours = PAGE.split("\nOurs;")

    assert [name for name, _ in ROW.findall(theirs)] == list(DATABRICKS_EVENTS)
    assert len(ROW.findall(ours)) == len(EventName) - 12


def test_the_page_names_what_is_registry_wide_only() -> None:
    line = next(
        one for one in PAGE.splitlines() if "registry-wide webhooks only" in one
    )

    assert set(re.findall(r"`([A-Z_]+)`", line)) == REGISTRY_WIDE_ONLY


def test_the_form_offers_each_event_once() -> None:
    offered = [name for names in EVENT_GROUPS.values() for name in names]

    assert sorted(offered) == sorted(EventName)
