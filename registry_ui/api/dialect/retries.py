"""What Databricks' clients read in an error's message as "try again".

Source: databricks-sdk, `_base_client.py`: any of these, whatever the status, makes the
client repeat the call for five minutes.
"""

_PHRASES = (
    "com.databricks.backend.manager.util.UnknownWorkerEnvironmentException",
    "does not have any associated worker environments",
    "There is no worker environment with id",
    "Unknown worker environment",
    "ClusterNotReadyException",
    "Unexpected error",
    "Please try again later or try a faster operation.",
    "RPC token bucket limit has been exceeded",
)
LONGEST_MESSAGE = 2000
"""A message that repeats a caller's words shall not repeat megabytes of them."""


def unretried(message: str) -> str:
    """Return the message so that no client takes it for a reason to try again."""
    message = without_phrases(message)
    return message if len(message) <= LONGEST_MESSAGE else _cut(message)


def without_phrases(text: str) -> str:
    """Return a text, or JSON, with every such phrase in another case.

    It can only be a caller's own, which is repeated; clients compare exactly.
    """
    for phrase in _PHRASES:
        other_case = phrase.upper() if phrase.islower() else phrase.lower()
        text = text.replace(phrase, other_case)
    return text


def _cut(message: str) -> str:
    return message[:LONGEST_MESSAGE] + "…"
