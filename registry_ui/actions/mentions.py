"""Whom a text mentions: people who exist, are active and may read the model."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from registry_ui.mentions import names_in
from registry_ui.models import Alias, RegisteredModel, readers


def people_mentioned(model: RegisteredModel, texts: Iterable[str]) -> dict[str, str]:
    """Return the full names of those whom the texts mention, by user name.

    Nobody learns from it who has an account: somebody who may not read the model is
    left out like somebody who does not exist. So is who is called like an alias of the
    model, since `@champion` means the alias where people talk about its versions.

    Args:
        model: what the texts are about.
        texts: Markdown.
    """
    names = {name for text in texts for name in names_in(text)}
    if not names:
        return {}
    aliases = Alias.objects.filter(model=model, name__in=names).values("name")
    people = User.objects.filter(readers(model), username__in=names)
    return {
        person.get_username(): person.get_full_name() or person.get_username()
        for person in people.exclude(username__in=aliases)
    }


def mentioned_in(text: str, model: RegisteredModel) -> list[str]:
    """Return the user names of those whom the text mentions, in its order."""
    people = people_mentioned(model, [text])
    return [name for name in names_in(text) if name in people]
