from registry_ui.contradictions import contradictions

CHAMPION = ("champion", 5, "Production")


def test_one_spelling_and_a_champion_in_production_are_no_contradiction() -> None:
    assert contradictions([CHAMPION, ("old", 3, "Archived")], [7, 5]) == ()


def test_a_champion_that_is_not_named_is_in_production_all_the_same() -> None:
    assert contradictions([CHAMPION], [9, 8, 7], more=2) == ()


def test_without_anything_in_production_a_champion_contradicts_nothing() -> None:
    assert contradictions([("champion", 5, "None")], []) == ()


def test_each_holder_of_production_is_named_or_counted() -> None:
    strays = [("prod", 3, "Archived")]

    assert contradictions(strays, [7]) == ("@prod is v3, Production is v7.",)
    assert contradictions(strays, [9, 7, 5]) == (
        "@prod is v3, Production is v9, v7 and v5.",
    )
    assert contradictions(strays, [9, 7], more=2345) == (
        "@prod is v3, Production is v9, v7 and 2,345 more.",
    )


def test_twins_are_named_with_what_they_point_to() -> None:
    (sentence,) = contradictions([("Old", 1, "None"), ("old", 2, "None")], [])

    assert sentence.startswith("@Old (v1) and @old (v2) differ only in case.")
