import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_ui.templatetags.markdown import markdown


def test_it_writes_what_descriptions_use() -> None:
    html = markdown("**Used by:** the campaign\n\n- `auc` rose\n- see <https://a.b>")

    assert "<strong>Used by:</strong>" in html
    assert "<li><code>auc</code> rose</li>" in html
    assert 'href="https://a.b"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_headings_do_not_disturb_the_pages_own() -> None:
    assert markdown("# Churn") == "<p><strong>Churn</strong></p>"


def test_line_breaks_are_kept() -> None:
    assert "one<br>\ntwo" in markdown("one\ntwo")


@pytest.mark.parametrize(("rows", "is_table"), [(20, True), (21, False)])
def test_a_table_of_too_many_cells_stays_text(rows: int, is_table: bool) -> None:
    text = f"{'|x' * 100}|\n{'|-' * 100}|\n" + "|a\n" * rows

    html = markdown(f"{text}\n**bold**")

    assert ("<table>" in html) is is_table
    assert "<strong>bold</strong>" in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<a hx-get="/x" hx-trigger="load">x</a>',
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "![x](https://elsewhere.example/pixel.png)",
        '<img src=x onerror="alert(1)">',
        '<p style="color:red">x</p>',
        '[x](https://a.b "t" onclick=alert(1))',
    ],
)
def test_nothing_is_left_that_acts_or_loads(hostile: str) -> None:
    html = markdown(hostile)

    for word in (
        "<script",
        "<img",
        "<a hx",
        "<p style",
        'href="javascript',
        "<a onclick",
    ):
        assert word not in html
    assert 'href="data:' not in html


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert "<script" not in markdown(text)


def test_known_people_are_marked_and_others_are_text() -> None:
    html = markdown("@rui, @nobody, `@rui`", {"rui": "Rui Tanaka"})

    assert html == (
        '<p><span class="mention" title="Rui Tanaka">@rui</span>, @nobody,'
        " <code>@rui</code></p>\n"
    )
    assert "<span" not in markdown("@rui")


def test_a_name_is_text_in_the_mark_too() -> None:
    html = markdown("@rui", {"rui": '"><script>alert(1)</script>'})

    assert "<script>" not in html
