"""Markdown of people and of MLflow as HTML that can be trusted.

A builtin library of the template engine: no `{% load %}` is needed.
"""

from collections.abc import Iterator, Mapping

import nh3
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from registry_ui.mentions import MENTION, PARSER, tokens_of

register = template.Library()

_TAGS = {
    *("p", "strong", "em", "code", "pre", "blockquote", "a", "br", "hr", "span"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}


@register.filter
def markdown(text: str, people: Mapping[str, str] | None = None) -> SafeString:
    """Write CommonMark as HTML, in which nothing is left that acts or loads.

    Headings become bold paragraphs, since the page has headings of its own; links go to
    http, https and mailto only.

    Args:
        text: what somebody wrote.
        people: full names by the user names that the text may mention; `@name` of
            anybody else, and of all without it, is text.
    """
    tokens = list(_without_headings(tokens_of(str(text))))
    for token in tokens:
        for child in token.children or ():
            if child.type == MENTION:
                _resolve(child, people or {})
    html = PARSER.renderer.render(tokens, PARSER.options, {})
    return mark_safe(  # noqa: S308 - cleaned in the same line
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href", "title"}, "ol": {"start"}, "span": {"title"}},
            allowed_classes={"span": {"mention"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def _resolve(mention: Token, people: Mapping[str, str]) -> None:
    """Make a mark of whom is known, and text of the others."""
    full_name = people.get(mention.meta["name"])
    if full_name is None:
        mention.type = "text"
        return
    mention.type = "html_inline"
    mention.content = format_html(
        '<span class="mention" title="{}">{}</span>', full_name, mention.content
    )


def _without_headings(tokens: list[Token]) -> Iterator[Token]:
    """Turn headings into paragraphs whose text is strong."""
    for token in tokens:
        if token.type == "heading_open":
            yield Token("paragraph_open", "p", 1)
            yield Token("strong_open", "strong", 1)
        elif token.type == "heading_close":
            yield Token("strong_close", "strong", -1)
            yield Token("paragraph_close", "p", -1)
        else:
            yield token
