"""Posts JSON to a destination.

Owns the time limit, and that an address is never repeated in a message: a webhook's is a secret.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from chertlog.queries.errors import ChertlogError

TIMEOUT_S = 10


def post_json(url: str, body: object) -> None:
    """POST `body`; raises ChertlogError unless it is taken (2xx)."""
    host = urlsplit(url).hostname or "?"
    try:
        request = urllib.request.Request(
            url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            pass
    except urllib.error.HTTPError as error:
        raise ChertlogError("it answered with an error", why=f"{host}: {error.code}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
        why = str(reason or type(error).__name__)
        raise ChertlogError("it cannot be reached", why=f"{host}: {why}") from None
