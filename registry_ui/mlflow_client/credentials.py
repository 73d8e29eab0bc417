"""How we sign in to MLflow and whom we trust, by MLflow's own environment."""

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from django.conf import settings

from registry_ui.mlflow_client.errors import MLflowError

GUARD_HEADER = "X-Signoff-Guard"
"""Where `signoff/mlflow_guard.py`, which shares no code with us, looks for a secret."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where MLflow is and how to get in.

    Attributes:
        address: the URI without user, password and closing slash; fit to be shown.
        headers: sent with every request; secret, so never shown by `repr`.
        verify: False for no TLS check, True for the system's authorities, else the
            path of a file or folder of authorities.
        client_cert_path: a PEM file with certificate and key, or None.
    """

    address: str
    headers: dict[str, str] = field(repr=False)
    verify: bool | str
    client_cert_path: str | None


def read_access(uri: str) -> Access:
    """Read MLFLOW_TRACKING_USERNAME, _PASSWORD, _TOKEN, the guard's secret and TLS.

    As with MLflow's client, a user and password in the URI beat those of the
    environment, and these beat the token.

    Raises:
        MLflowError: the URI is not one of a server, or the settings contradict.
    """
    # MLflow's own code, so that its rules stay its own. Imported here alone, since it
    # takes seconds and about 140 MB, which the processes that never call MLflow
    # (beat, most commands) would pay at each start; the web server does at its first
    # call.
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from mlflow.utils.credentials import get_default_host_creds  # noqa: PLC0415

    address, user, password = _split(uri)
    try:
        # MLflow leaves this function untyped.
        creds = get_default_host_creds(address)  # type: ignore[no-untyped-call]
    except MlflowException as error:
        raise MLflowError(f"MLflow's settings contradict: {error.message}") from None
    if creds.auth or creds.aws_sigv4:
        raise MLflowError(
            "MLFLOW_TRACKING_AUTH and MLFLOW_TRACKING_AWS_SIGV4 are not supported here:"
            " use MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN."
        )
    if not user and creds.username and creds.password:
        user, password = creds.username, creds.password
    headers = {"User-Agent": "signoff"}
    if settings.MLFLOW_GUARD_SECRET:
        headers[GUARD_HEADER] = settings.MLFLOW_GUARD_SECRET
    if user:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    elif creds.token:
        headers["Authorization"] = f"Bearer {creds.token}"
    return Access(address, headers, creds.verify, creds.client_cert_path)


def _split(uri: str) -> tuple[str, str, str]:
    """Return the address without userinfo, the user and the password."""
    # No part of the URI is quoted in the errors: it may hold a password.
    try:
        parts = urlsplit(uri)
        has_server = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port  # raises where it is not a number
    except ValueError:
        has_server = False
    if not has_server:
        raise MLflowError(
            "MLflow's address must look like http://host:port or https://host."
        )
    host = parts.netloc.rpartition("@")[2]
    address = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
    return address, unquote(parts.username or ""), unquote(parts.password or "")
