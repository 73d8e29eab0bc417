"""Accounts of MLflow's own sign-in, and what it grants them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from registry_ui.api.enforcement.acts import MLflowRight
from tests.registry_ui.api.enforcement.trying import TIMEOUT_SECONDS

ADMINISTRATOR = "admin"
PASSWORD = "a-password-of-mlflows"  # noqa: S105 - of a server on loopback
_USERS = "/api/2.0/mlflow/users/create"
_GRANT = "/api/3.0/mlflow/users/permissions/grant"
_GRANTED = {
    MLflowRight.ACCOUNT: "READ",
    MLflowRight.EDIT: "EDIT",
    MLflowRight.MANAGE: "MANAGE",
}


def sign_in_variables(folder: Path) -> dict[str, str]:
    """Return the variables of an MLflow that asks who is there.

    Args:
        folder: for its accounts.
    """
    lines = (
        "[mlflow]",
        "default_permission = READ",
        f"database_uri = sqlite:///{folder / 'accounts.db'}",
        f"admin_username = {ADMINISTRATOR}",
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth",
        "auth_cache_ttl_seconds = 600",  # else a password costs it half a second
    )
    config = folder / "auth.ini"
    config.write_text("\n".join(lines))
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(config),
        "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "k" * 32,
    }


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with one right in MLflow, whatever the model."""

    uri: str
    right: MLflowRight

    @property
    def headers(self) -> dict[str, str]:
        """Return what says who calls."""
        return headers_of(self._name)

    @property
    def _name(self) -> str:
        is_administrator = self.right is MLflowRight.ADMINISTRATOR
        return ADMINISTRATOR if is_administrator else self.right.name.lower()

    def create(self) -> None:
        """Make it; MLflow's administrator is there from the start."""
        if self._name != ADMINISTRATOR:
            body = {"username": self._name, "password": PASSWORD}
            _call(self.uri, _USERS, body)

    def grant(self, model: str) -> None:
        """Grant its right on a model."""
        if self._name != ADMINISTRATOR:
            body = {
                "username": self._name,
                "resource_type": "registered_model",
                "resource_id": model,
                "permission": _GRANTED[self.right],
            }
            _call(self.uri, _GRANT, body)


def headers_of(name: str) -> dict[str, str]:
    """Return what a client sends to say that it is somebody."""
    return dict(urllib3.make_headers(basic_auth=f"{name}:{PASSWORD}"))


def _call(uri: str, path: str, body: dict[str, Any]) -> None:
    answer = urllib3.request(
        "POST",
        f"{uri}{path}",
        json=body,
        headers=headers_of(ADMINISTRATOR),
        timeout=TIMEOUT_SECONDS,
    )
    assert answer.status == 200, answer.data
