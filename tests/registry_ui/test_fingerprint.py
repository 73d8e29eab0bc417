from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.errors import ActionError
from registry_ui.fingerprint import NOTHING, PARTS, Fingerprint, differences

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
facts = st.fixed_dictionaries(dict.fromkeys(PARTS, json_values))


@given(facts)
def test_it_survives_the_form(values: dict[str, Any]) -> None:
    fingerprint = Fingerprint.of(values)

    assert Fingerprint.parse(str(fingerprint)) == fingerprint


@given(facts, st.sampled_from(sorted(PARTS)), json_values)
def test_a_change_of_one_part_is_named(
    values: dict[str, Any], part: str, value: Any
) -> None:
    changed = {**values, part: value}

    found = differences(Fingerprint.of(values), Fingerprint.of(changed))

    is_same = Fingerprint.of(values) == Fingerprint.of(changed)
    assert found == ([] if is_same else [PARTS[part]])


@pytest.mark.parametrize("text", ["", "abc", "a.b.c.d.e.f.g", "x" * 10_000])
def test_a_form_that_was_tampered_with_is_refused_in_words(text: str) -> None:
    with pytest.raises(ActionError, match="Reload the page"):
        Fingerprint.parse(text)


def test_one_that_was_stored_before_there_were_files_is_read_as_without_them() -> None:
    facts = dict.fromkeys(PARTS, "x") | {"files": NOTHING, "archives": NOTHING}
    now = Fingerprint.of(facts)
    stored = ".".join(now.digests[:7])

    assert Fingerprint.parse(stored) == now
    changed = Fingerprint.of({**facts, "files": {"a": "1"}})
    assert differences(Fingerprint.parse(stored), changed) == ["the files"]
    archiving = Fingerprint.of({**facts, "archives": True})
    assert differences(Fingerprint.parse(stored), archiving) == [PARTS["archives"]]
