"""Templates and style sheets agree, and both keep the house's rules."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OURS = [path for path in TEMPLATES if "admin" not in path.parts]
DEFINED = {
    name
    for sheet in SHEETS
    for name in re.findall(r"\.([a-z][\w-]*)", sheet.read_text())
}
_TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", OURS, ids=_named)
def test_every_class_in_a_template_has_a_rule(path: Path) -> None:
    text = _TAG.sub(" ", path.read_text())

    used = {
        name for value in re.findall(r'class="([^"]*)"', text) for name in value.split()
    }

    assert used <= DEFINED


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_templates_hold_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|hx-vals='js:", text)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", text)


def test_every_style_sheet_is_linked_once() -> None:
    linked = [
        name
        for path in ("registry_ui/_assets.html", "admin/base_site.html")
        for name in re.findall(
            r"css/([\w-]+\.css)", (ROOT / "templates" / path).read_text()
        )
        if not (path.startswith("admin") and name == "tokens.css")
    ]

    assert sorted(linked) == [sheet.name for sheet in SHEETS]


@pytest.mark.parametrize("sheet", SHEETS, ids=_named)
def test_style_sheets_are_short_and_put_one_declaration_on_a_line(sheet: Path) -> None:
    lines = sheet.read_text().splitlines()

    assert len(lines) < 400
    assert [line for line in lines if re.search(r";\s*[a-z-]+:", line)] == []


@pytest.mark.parametrize("sheet", SHEETS, ids=_named)
def test_every_custom_property_that_is_read_is_set_somewhere(sheet: Path) -> None:
    tokens = "".join(path.read_text() for path in SHEETS)

    for name in set(re.findall(r"var\((--[\w-]+)\)", sheet.read_text())):
        assert f"{name}:" in tokens, name
