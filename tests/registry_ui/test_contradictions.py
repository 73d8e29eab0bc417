from registry_ui.contradictions import contradictions


def test_one_spelling_and_a_champion_in_production_are_no_contradiction() -> None:
    assert contradictions([5], {"champion": 5, "old": 3}) == ()


def test_without_anything_in_production_a_champion_contradicts_nothing() -> None:
    assert contradictions([], {"champion": 5}) == ()


def test_each_holder_of_production_is_named() -> None:
    assert contradictions([7, 5], {"prod": 3}) == (
        "@prod is v3, Production is v5 and v7.",
    )


def test_twins_are_named_with_what_they_point_to() -> None:
    (sentence,) = contradictions([], {"Old": 1, "old": 2})

    assert sentence.startswith("@Old (v1) and @old (v2) differ only in case.")
