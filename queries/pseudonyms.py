"""What a client's idempotency key is called in the database: for those who may read the key file.

The writer replaces every idempotency key by a keyed hash (`rekey` in its privacy.sql); this is the
same, for one key that somebody pastes. Owns that one formula; a test holds the two together.
"""

import hashlib
import os
from pathlib import Path

from chertlog.queries.published import DEFAULT_DATA_DIR

_FILE = "pseudonym.key"
_VARIABLE = "CHERTLOG_PSEUDONYM_KEY"


def pseudonym_of_key(idempotency_key: str) -> str | None:
    """The value of `responses.idempotency_key` for it; None if this account may not read the key.

    The key is that of CHERTLOG_PSEUDONYM_KEY, else the file in the data directory.
    """
    secret = _secret()
    if secret is None:
        return None
    name = hashlib.sha256(b"chertlog key id" + secret).hexdigest()[:2]
    plain = hashlib.sha256(b"chertlog rekey" + secret).digest()
    return f"k_{name}{hashlib.sha256(plain + idempotency_key.encode()).hexdigest()[:14]}"


def _secret() -> bytes | None:
    if text := os.environ.get(_VARIABLE):
        return text.encode()
    named = Path(os.environ.get("CHERTLOG_DATA_DIR") or DEFAULT_DATA_DIR).expanduser()
    folder = named if named.is_dir() else named.parent
    try:
        return (folder / _FILE).read_bytes().strip()
    except OSError:
        return None
