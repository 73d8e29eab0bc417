"""Icons, badges and people, as templates write them."""

import pytest
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.template import Context, Template

from registry_ui.templatetags import ui


def test_an_icon_is_inline_svg_that_readers_skip() -> None:
    svg = ui.icon("rocket")

    assert svg.startswith('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><')
    assert "xmlns" not in svg


def test_an_icon_with_a_label_is_an_image_with_escaped_text() -> None:
    svg = ui.icon("check", label='"<Passed>"')

    assert 'role="img" aria-label="&quot;&lt;Passed&gt;&quot;"' in svg


def test_an_unknown_icon_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no icon named 'not-an-icon'"):
        ui.icon("not-an-icon")


def test_the_library_needs_no_load() -> None:
    template = Template('{% icon "x" %}{{ size|bytes }}')

    text = template.render(Context({"size": 1}))

    assert text.endswith("</svg>1 B")


@pytest.mark.parametrize(
    ("person", "name", "letters"),
    [
        (
            User(username="mira", first_name="Mira", last_name="Kovač"),
            "Mira Kovač",
            "MK",
        ),
        (User(username="zoe"), "zoe", "Z"),
        ("svc-retrain", "svc-retrain", "SR"),
        ("<b>", "<b>", "?"),
        ("", "System", "S"),
        (None, "System", "S"),
    ],
)
def test_people_have_a_name_and_initials(
    person: User | str | None, name: str, letters: str
) -> None:
    assert (ui.display_name(person), ui.initials(person)) == (name, letters)


def test_a_user_and_the_same_name_have_one_colour() -> None:
    user = User(username="mira", first_name="Mira", last_name="Kovač")

    assert ui.avatar_hue(user) == ui.avatar_hue("Mira Kovač")
    assert ui.avatar_hue(user) in {str(hue) for hue in range(ui.AVATAR_HUES)}
    assert ui.avatar_hue(None) == ""


def test_a_pager_shows_ends_and_neighbours() -> None:
    page = Paginator(range(1000), 25).page(6)

    assert list(ui.page_numbers(page)) == [1, "…", 5, 6, 7, "…", 40]
