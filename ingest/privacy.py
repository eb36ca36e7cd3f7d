"""The key behind every pseudonym, and the SQL macros that use it.

Owns: where the key comes from, and handing it to one DuckDB connection.
The rules of redaction themselves are SQL: `readers/privacy.sql`.

The same person gets the same pseudonym whatever the spelling of the number. A plain hash would
not do: ten digits can be tried out in minutes, so the hash is keyed (HMAC, RFC 2104).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest.errors import CannotRun, WrongUse

if TYPE_CHECKING:
    import duckdb

KEY_FILE = "pseudonym.key"
KEY_VARIABLE = "CHERTLOG_PSEUDONYM_KEY"
SHORTEST_KEY = 16
BLOCK = 64  # block size of SHA-256, bytes


@dataclass(frozen=True, repr=False)  # no repr: a key must not appear in a traceback
class Key:
    secret: bytes

    @property
    def key_id(self) -> str:
        """Two hex digits that name the key without giving it away; first in every pseudonym."""
        return hashlib.sha256(b"chertlog key id" + self.secret).hexdigest()[:2]

    def pads(self) -> tuple[bytes, bytes]:
        """Inner and outer pad of HMAC-SHA-256 (RFC 2104)."""
        secret = self.secret if len(self.secret) <= BLOCK else hashlib.sha256(self.secret).digest()
        padded = secret.ljust(BLOCK, b"\0")
        return bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)


def load_key(data_dir: Path) -> Key:
    """Return the key from the environment, else from the data directory, made on first use.

    Raises WrongUse if the key is too short, CannotRun if it cannot be read.
    """
    if text := os.environ.get(KEY_VARIABLE):
        return _checked(text.encode(), f"the environment variable {KEY_VARIABLE}")
    path = data_dir / KEY_FILE
    if not path.exists():
        _create(path)
    try:
        return _checked(path.read_bytes().strip(), str(path))
    except OSError as error:
        raise CannotRun(
            "the pseudonym key cannot be read",
            where=str(path),
            why=error.strerror or str(error),
            next=f"give this user read access to it, or set {KEY_VARIABLE}",
        ) from None


def _create(path: Path) -> None:
    """Write a new key whole, then give it its name: a crash leaves no half key behind."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike rename, never replaces a key that came first
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _checked(secret: bytes, where: str) -> Key:
    if len(secret) < SHORTEST_KEY:
        raise WrongUse(
            "the pseudonym key is too short",
            where=where,
            why=f"it has {len(secret)} bytes, and fewer than {SHORTEST_KEY} can be guessed",
            next="use a longer one, for example: openssl rand -hex 32",
        )
    return Key(secret)


def install(con: duckdb.DuckDBPyConnection, key: Key) -> None:
    """Create the redaction macros of `readers/privacy.sql` on `con`, for this connection only."""
    inner, outer = key.pads()
    for name, value in {
        "key_inner": inner,
        "key_outer": outer,
        "key_plain": hashlib.sha256(b"chertlog rekey" + key.secret).digest(),
        "key_id": key.key_id,
    }.items():
        con.execute(f"set variable {name} = $value", {"value": value})
    for name in ("privacy.sql", "common.sql", "common_fields.sql"):
        con.execute(resources.files("chertlog.ingest.readers").joinpath(name).read_text("utf-8"))
