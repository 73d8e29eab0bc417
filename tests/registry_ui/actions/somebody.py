"""A person with MLflow's plain client who does random things, and what is so then."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from mlflow import MlflowClient as PlainClient

from registry_ui.mlflow_client import PROMPT_TAG, MLflowClient
from registry_ui.planning import (
    GONE,
    SERVING_STAGES,
    Effect,
    alias_effect,
    compose,
    stage_effect,
)

STAGES = ["None", "Staging", "Production", "Archived"]
ALIASES = ["champion", "Champion", "old"]
SOURCE = "s3://bucket/model"
PREFIX = "converge"


@dataclass
class Life:
    """A registered model from its creation to its end, under whatever name."""

    name: str
    created_at: int
    stages: dict[int, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    decided_stages: dict[int, str] = field(default_factory=dict)
    decided_aliases: dict[str, int] = field(default_factory=dict)
    is_prompt: bool = False
    is_deleted: bool = False

    def undecided(self) -> dict[str, Effect]:
        """Return how the model differs from what was decided, by subject."""
        stages = {} if self.is_deleted else self.stages
        aliases = {} if self.is_deleted else self.aliases
        found: list[Effect | None] = [
            stage_effect(n, self.decided_stages.get(n, "None"), stages.get(n, GONE))
            for n in self.decided_stages.keys() | stages.keys()
        ]
        found += [
            alias_effect(a, self.decided_aliases.get(a), aliases.get(a))
            for a in self.decided_aliases.keys() | aliases.keys()
        ]
        net = compose((), [effect for effect in found if effect])
        return {effect.subject: effect for effect in net}


class Somebody:
    """Does random things with MLflow's own client, and remembers what is so now."""

    def __init__(self, client: PlainClient, chance: random.Random) -> None:
        self.client = client
        self.chance = chance
        self.lives: list[Life] = []
        self.names = (f"{PREFIX}-{number}" for number in range(10_000))

    @property
    def acts(self) -> list[Callable[[], object]]:
        """Return all that can be done, the more usual more than once."""
        usual = [self.transition, self.set_alias, self.create_version] * 3
        rare = [self.rename, self.delete_model, self.recreate, self.toggle_prompt]
        return [
            *usual,
            *rare,
            self.create_model,
            self.delete_alias,
            self.respell_alias,
            self.delete_version,
            self.describe,
            self.tag,
            self.untag,
        ]

    def living(self) -> Life | None:
        """Return a model that is there and no prompt."""
        alive = [x for x in self.lives if not (x.is_deleted or x.is_prompt)]
        return self.chance.choice(alive) if alive else None

    def version_of(self, life: Life) -> int | None:
        return self.chance.choice(sorted(life.stages)) if life.stages else None

    def create_model(self, name: str = "") -> Life:
        name = name or next(self.names)
        made = self.client.create_registered_model(name, tags={"team": "risk"})
        life = Life(name, made.creation_timestamp)
        self.lives.append(life)
        return life

    def create_version(self) -> None:
        if life := self.living():
            self.add_version(life)

    def add_version(self, life: Life) -> None:
        made = self.client.create_model_version(life.name, SOURCE, tags={"k": "v"})
        life.stages[int(made.version)] = "None"

    def transition(self) -> None:
        life = self.living()
        number = self.version_of(life) if life else None
        if life is None or number is None:
            return
        stage = self.chance.choice(STAGES)
        archive = stage in SERVING_STAGES and self.chance.random() < 0.5
        self.client.transition_model_version_stage(
            life.name, str(number), stage, archive_existing_versions=archive
        )
        if archive:
            for other, held in life.stages.items():
                life.stages[other] = "Archived" if held == stage else held
        life.stages[number] = stage

    def set_alias(self) -> None:
        life = self.living()
        number = self.version_of(life) if life else None
        if life and number is not None:
            alias = self.chance.choice(ALIASES)
            self.client.set_registered_model_alias(life.name, alias, str(number))
            life.aliases[alias] = number

    def delete_alias(self) -> None:
        if (life := self.living()) and life.aliases:
            alias = self.chance.choice(sorted(life.aliases))
            self.client.delete_registered_model_alias(life.name, alias)
            del life.aliases[alias]

    def respell_alias(self) -> None:
        if (life := self.living()) and life.aliases:
            alias = self.chance.choice(sorted(life.aliases))
            number = life.aliases.pop(alias)
            self.client.delete_registered_model_alias(life.name, alias)
            self.client.set_registered_model_alias(
                life.name, alias.swapcase(), str(number)
            )
            life.aliases[alias.swapcase()] = number

    def describe(self) -> None:
        if life := self.living():
            text = f"{self.chance.random()}"
            self.client.update_registered_model(life.name, text)
            if number := self.version_of(life):
                self.client.update_model_version(life.name, str(number), text)

    def tag(self) -> None:
        if life := self.living():
            text = f"{self.chance.random()}"
            self.client.set_registered_model_tag(life.name, "team", text)
            if number := self.version_of(life):
                self.client.set_model_version_tag(life.name, str(number), "k", text)

    def untag(self) -> None:
        if life := self.living():
            self.client.delete_registered_model_tag(life.name, "team")
            if number := self.version_of(life):
                self.client.delete_model_version_tag(life.name, str(number), "k")

    def rename(self) -> None:
        if life := self.living():
            new = next(self.names)
            self.client.rename_registered_model(life.name, new)
            life.name = new

    def delete_version(self) -> None:
        life = self.living()
        number = self.version_of(life) if life else None
        if life and number is not None:
            self.client.delete_model_version(life.name, str(number))
            del life.stages[number]
            life.aliases = {a: n for a, n in life.aliases.items() if n != number}

    def delete_model(self) -> None:
        if life := self.living():
            self._delete(life)

    def recreate(self) -> None:
        if life := self.living():
            self._delete(life)
            self.add_version(self.create_model(life.name))

    def toggle_prompt(self) -> None:
        hidden = [life for life in self.lives if life.is_prompt]
        if hidden:
            self._show(self.chance.choice(hidden))
        elif living := self.living():
            self.client.set_registered_model_tag(living.name, PROMPT_TAG, "true")
            living.is_prompt = True

    def _delete(self, life: Life) -> None:
        self.client.delete_registered_model(life.name)
        life.is_deleted = True

    def _show(self, life: Life) -> None:
        # MLflow's own client refuses to touch what is a prompt.
        MLflowClient(self.client.tracking_uri).delete_model_tag(life.name, PROMPT_TAG)
        life.is_prompt = False

    def clear(self) -> None:
        """Delete all models, for the next one with the same names."""
        for life in self.lives:
            if life.is_prompt:
                self._show(life)
            if not life.is_deleted:
                self._delete(life)
