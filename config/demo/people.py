"""The demo's people: users whom anybody may be with one click, and their levels."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction

from registry_ui.actions.permissions import grant_level
from registry_ui.models import Level


class Person(NamedTuple):
    """Somebody to be in the demo.

    Attributes:
        level: held on the whole registry; None for whom holds all by being an admin.
    """

    username: str
    name: str
    role: str
    blurb: str
    level: Level | None


PEOPLE = (
    Person(
        "dana",
        "Dana Ferrari",
        "Data scientist",
        "Trains models and asks for their promotion.",
        Level.CAN_EDIT,
    ),
    Person(
        "rui",
        "Rui Tanaka",
        "Reviewer",
        "Compares, discusses, and decides on requests.",
        Level.CAN_MANAGE_PRODUCTION_VERSIONS,
    ),
    Person(
        "maya",
        "Maya Okafor",
        "Second reviewer",
        "Owns the fraud models and reviews everybody else's.",
        Level.CAN_MANAGE_PRODUCTION_VERSIONS,
    ),
    Person(
        "ada",
        "Ada Lindqvist",
        "Admin",
        "Looks after webhooks, people, and levels.",
        None,
    ),
    Person(
        "aki",
        "Aki Novak",
        "Auditor",
        "Reads everything, changes nothing.",
        Level.CAN_READ,
    ),
)


def names() -> list[Person]:
    """Return the people, in the order in which they are shown."""
    return list(PEOPLE)


@transaction.atomic
def ensure_people() -> None:
    """Make the people who are missing; leave those who are there as they are."""
    missing = [
        person
        for person in PEOPLE
        if not User.objects.filter(username=person.username).exists()
    ]
    made = {person: _make(person) for person in missing}
    admin = User.objects.filter(is_superuser=True).order_by("pk").first()
    for person, user in made.items():
        if person.level is not None and admin is not None:
            grant_level(user, person.level, actor=admin)


def _make(person: Person) -> User:
    first_name, last_name = person.name.split()
    user = User(
        username=person.username,
        first_name=first_name,
        last_name=last_name,
        email=f"{person.username}@example.com",
        is_staff=person.level is None,
        is_superuser=person.level is None,
    )
    user.set_unusable_password()
    user.save()
    return user
