"""What somebody pasted into the look-up: which trace_id, or which idempotency key, is in it.

An idempotency key is the customer's, so it goes no further than this: the box and the URL hold its
pseudonym, as the database does.
"""

import re

from chertlog.dashboard import data
from chertlog.dashboard.data import Generation
from chertlog.queries.pseudonyms import pseudonym_of_key
from chertlog.queries.story import trace_id_in

_KEY = re.compile(r"""idempotency[-_ ]?key["'\s:=]+([^\s"',;}]+)""", re.IGNORECASE)
_TRACE = re.compile(r"trace[_-]?id", re.IGNORECASE)
_PSEUDONYM = re.compile(r"k_[0-9a-f]{16}")


def reduced(text: str, of: Generation) -> str:
    """The trace_id, or the pseudonym of the idempotency key, that the text holds."""
    named = None if _TRACE.search(text) else _KEY.search(text)
    if named is None:
        found = trace_id_in(text)
        # A trace_id has at most 32 characters of this kind; what is longer or other is a key.
        if not _is_key(found) or is_pseudonym(found):
            return found
        pseudonym = pseudonym_of_key(found)
        is_known = pseudonym is not None and bool(attempts(of, pseudonym))
        return pseudonym if pseudonym is not None and is_known else found
    return named[1] if is_pseudonym(named[1]) else pseudonym_of_key(named[1]) or named[1]


def is_pseudonym(text: str) -> bool:
    """Whether this is how the database calls an idempotency key."""
    return _PSEUDONYM.fullmatch(text) is not None


def attempts(of: Generation, pseudonym: str) -> list[str]:
    """The trace_ids of the attempts with an idempotency key, oldest first."""
    return list(data.frame(of, "key_attempts", key=pseudonym)["trace_id"])


def _is_key(text: str) -> bool:
    return bool(text) and re.fullmatch(r"[0-9a-f]{1,32}", text) is None
