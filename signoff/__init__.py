"""What other programs install to speak with a Signoff server.

The client is `Client`; the command line stands in `signoff.command_line`.
"""

from signoff.client import Client
from signoff.errors import (
    ConfigurationError,
    ConflictError,
    MissingKeyError,
    NotAllowedError,
    NotFoundError,
    SignoffError,
    UnavailableError,
    WaitTimeoutError,
)

__all__ = [
    "Client",
    "ConfigurationError",
    "ConflictError",
    "MissingKeyError",
    "NotAllowedError",
    "NotFoundError",
    "SignoffError",
    "UnavailableError",
    "WaitTimeoutError",
]
