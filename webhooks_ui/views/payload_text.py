"""Payloads as people read them."""

import json


def indented(body: bytes) -> str:
    """Return a JSON payload with a field a line; the sent bytes have no breaks."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
