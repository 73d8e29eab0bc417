"""Markdown of people and of MLflow as HTML that can be trusted.

A builtin library of the template engine: no `{% load %}` is needed.
"""

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

register = template.Library()

_PARSER = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable("table")
    .disable("image")  # another host's picture would tell it who reads this
)
_TAGS = {
    *("p", "strong", "em", "code", "pre", "blockquote", "a", "br", "hr"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}


@register.filter
def markdown(text: str) -> SafeString:
    """Write CommonMark as HTML, in which nothing is left that acts or loads.

    Headings become bold paragraphs, since the page has headings of its own; links go to
    http, https and mailto only.
    """
    tokens = _PARSER.parse(str(text))
    html = _PARSER.renderer.render(_without_headings(tokens), _PARSER.options, {})
    return mark_safe(  # noqa: S308 - cleaned in the same line
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href", "title"}, "ol": {"start"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def _without_headings(tokens: list[Token]) -> list[Token]:
    """Turn headings into paragraphs whose text is strong."""
    changed: list[Token] = []
    for token in tokens:
        if token.type == "heading_open":
            changed += [
                Token("paragraph_open", "p", 1),
                Token("strong_open", "strong", 1),
            ]
        elif token.type == "heading_close":
            changed += [
                Token("strong_close", "strong", -1),
                Token("paragraph_close", "p", -1),
            ]
        else:
            changed.append(token)
    return changed
