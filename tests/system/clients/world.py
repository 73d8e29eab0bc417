"""What the calls of `cases.py` are about, and what a case is."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.system.clients.processes import InHandsOf

FORBIDDEN, MISSING = "PERMISSION_DENIED", "RESOURCE_DOES_NOT_EXIST"
INVALID = "INVALID_PARAMETER_VALUE"
_names = count(1)

Given = dict[str, Any]


class World:
    """A model of two versions; what else a call is about is made for it."""

    def __init__(self, sdk: Callable[[str], InHandsOf], receiver_url: str) -> None:
        self.sdk = sdk
        self.name = f"case-{os.getpid()}-{next(_names)}"
        self.model: Given = {"name": self.name}
        self.version: Given = {"name": self.name, "version": "2"}
        self.staging: Given = {**self.version, "stage": "Staging"}
        self.subscription: Given = {
            "model_name": self.name,
            "events": ["COMMENT_CREATED"],
            "http_url_spec": {"url": receiver_url},
        }
        self.search: Given = {"filter": f"name = '{self.name}'"}
        admin = sdk("admin")
        admin.call("create_model", name=self.name, tags={"team": "growth"})
        for number in "12":
            admin.call(
                "create_model_version",
                name=self.name,
                source=f"s3://bucket/{number}",
                tags={"data": "2026-01"},
            )

    def model_id(self) -> Given:
        """Name the model as the calls on permissions do."""
        found = self.sdk("admin").call("get_model", name=self.name)
        return {"registered_model_id": found["registered_model_databricks"]["id"]}

    def grant(self) -> Given:
        """Let the editor be named, to be given a level on the model."""
        self.editor = self.new_comment()["user_id"]
        entry = {"user_name": self.editor, "permission_level": "CAN_MANAGE"}
        return {**self.model_id(), "access_control_list": [entry]}

    def new_comment(self) -> Given:
        """Let the editor write one; return it."""
        made = self.sdk("editor").call("create_comment", **self.version, comment="Why?")
        comment: Given = made["comment"]
        return comment

    def new_request(self) -> Given:
        """Let the editor ask for Production; return what decisions name it by."""
        asked = {**self.version, "stage": "Production"}
        made = self.sdk("editor").call("create_transition_request", **asked)
        self.editor = made["request"]["user_id"]
        return asked

    def new_webhook(self) -> Given:
        """Subscribe to the model; return the webhook."""
        made: Given = self.sdk("manager").call("create_webhook", **self.subscription)
        return made


@dataclass(frozen=True)
class Case:
    """A method, called three times with the same words.

    By somebody who may not, with one word wrong, and as it should be: so only the
    person, or the one word, can be the reason of a refusal.

    Attributes:
        given: what it is called with.
        shows: what of the answer proves that it was done.
        by: the role of who may.
        refused: the role of who may not, and the code that they are told.
        wrong: what is said wrongly, and what the refusal of that names.
        code: of that refusal.
    """

    given: Callable[[World], Given]
    shows: Callable[[Any, World], bool]
    by: str
    refused: tuple[str, str]
    wrong: tuple[Mapping[str, Any], str]
    code: str = INVALID
