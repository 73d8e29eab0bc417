"""What `manage.py up` makes sure of before it starts anything.

Each check raises `StartRefused` with one sentence that names the variable to change.
"""

import errno
import fcntl
import importlib.util
import os
import socket
import tempfile
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from django.db import Error, connection

from config.env import Address
from registry_ui.actions.keys import missing_keys_in_words
from registry_ui.mlflow_client import MLflowClient, MLflowError
from webhooks_ui.http_client import why_rules_are_useless

_ANSWER_SECONDS = 3


class StartRefused(Exception):  # noqa: N818 - says what happened
    """We cannot start; the text is a sentence for the operator."""


def check_data_dir(folder: Path) -> None:
    """Make the data dir where it is missing and try to write into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StartRefused(
            f"SIGNOFF_DATA_DIR={folder} cannot be used: {error.strerror}."
            " Name a folder that this user may write."
        ) from error


def lock_data_dir(folder: Path) -> int:
    """Take the data dir for this process, until it ends.

    Returns:
        The file descriptor that holds the lock: keep it open.
    """
    lock = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StartRefused(
            f"Another `manage.py up` is running with SIGNOFF_DATA_DIR={folder}:"
            " stop it, or name another folder."
        ) from error
    return lock


def check_addresses_differ(addresses: Mapping[str, Address]) -> None:
    """See that no two of our servers are told to listen at the same place.

    Args:
        addresses: by the variables that name them.
    """
    for one, other in combinations(addresses, 2):
        if addresses[one] == addresses[other]:
            raise StartRefused(
                f"{one} and {other} are both {addresses[one]}: give one of them"
                " another port."
            )


def check_address_free(variable: str, address: Address) -> None:
    """Try to listen where one of our servers will."""
    host, port = address
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the servers do: connections of an earlier run that fade out do no harm.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartRefused(
                f"Port {port} on {host} is in use by another program: stop that, or"
                f" set {variable} to another address, such as {host}:{port + 1}."
            ) from error
        raise StartRefused(
            f"{variable}={address} is no address to listen on: {error.strerror}."
        ) from error


def check_mlflow_installed() -> None:
    """Is the server part of MLflow here? `mlflow-skinny` alone cannot serve."""
    # Flask comes with the full package alone; importing MLflow takes seconds.
    if not all(map(importlib.util.find_spec, ("mlflow", "flask", "uvicorn"))):
        raise StartRefused(
            "MLFLOW_TRACKING_URI is not set, and MLflow's server is not installed:"
            " set the variable, or install the extra `embedded`"
            " (pip install 'signoff[embedded]')."
        )


def check_database() -> None:
    """Connect to the database."""
    try:
        connection.ensure_connection()
    except Error as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise StartRefused(
            f"The database (DATABASE_URL) cannot be used: {reason}."
        ) from error


def check_allowed_networks() -> None:
    """See that webhooks can be judged by the networks that are allowed."""
    if reason := why_rules_are_useless():
        raise StartRefused(reason)


def check_encryption_keys() -> None:
    """See that each stored credential has its key; the tables must be there."""
    if missing := missing_keys_in_words():
        raise StartRefused(
            f"{missing}: put it back behind the first one. If it is lost, start with"
            " `manage.py up --allow-unreadable` and set anew what `manage.py"
            " rotate_keys` lists."
        )


def why_mlflow_is_useless(uri: str) -> str:
    """Ask a configured MLflow server whether it answers and lets us in.

    Returns:
        Empty if so, else sentences to warn with: we are of use without MLflow too.

    Raises:
        StartRefused: the URI or MLflow's variables for signing in cannot be right.
    """
    try:
        client = MLflowClient(uri, timeout_seconds=_ANSWER_SECONDS)
    except MLflowError as error:
        raise StartRefused(str(error)) from error
    try:
        client.ping()
    except MLflowError as error:
        reason = str(error).rstrip(".")
        return f"{reason}. Signoff starts anyway and shows what it last read there."
    return ""
