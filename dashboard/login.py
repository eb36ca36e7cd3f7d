"""The log-in that may be configured: its file, and what must be in it.

A TOML file as Streamlit's secrets are, with a section [auth] for the OpenID Connect provider and a
section [chertlog] that says who is let in. Owns the reading of it; `frame.admission` asks for it.
"""

import importlib.util
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "CHERTLOG_LOGIN"
_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_SHORTEST_SECRET = 32
_PACKAGES = ("authlib", "httpx")


class Unusable(Exception):
    """The log-in cannot work as it is configured; the message says what to do."""


@dataclass(frozen=True)
class LogIn:
    """Who is let in, once the provider has said who they are."""

    file: Path
    allow: tuple[str, ...]

    def admits(self, email: str | None, verified: object = True) -> bool:
        """Whether an address may look. Without a list everyone whom the provider knows may.

        An entry is an address, or a domain as @example.com. With a list, an address that the
        provider calls unverified is nobody's.
        """
        if not self.allow:
            return True
        if not email or verified is False:
            return False
        address = email.casefold()
        return any(
            address.endswith(each) if each.startswith("@") else address == each
            for each in self.allow
        )


def configured() -> LogIn | None:
    """The log-in of this server; None without one. Raises Unusable."""
    named = os.environ.get(VARIABLE)
    return read(named) if named else None


def read(named: str | Path) -> LogIn:
    """What the file says. Raises Unusable."""
    path = Path(named).expanduser().resolve()
    found = _parsed(path)
    auth = found.get("auth")
    if not isinstance(auth, dict):
        raise Unusable(f"{path} has no section [auth]")
    if missing := [key for key in _KEYS if not auth.get(key)]:
        raise Unusable(f"{path} lacks {', '.join(missing)} in its section [auth]")
    if len(str(auth["cookie_secret"])) < _SHORTEST_SECRET:
        raise Unusable(
            f"cookie_secret in {path} is shorter than {_SHORTEST_SECRET} characters: who guesses "
            "it can log in as anybody. Make one: openssl rand -hex 32"
        )
    if path.stat().st_mode & stat.S_IROTH:
        raise Unusable(f"everyone on this machine can read {path}: chmod 600 {path}")
    if any(importlib.util.find_spec(each) is None for each in _PACKAGES):
        raise Unusable("a log-in needs more packages: pip install 'chertlog[login]'")
    return LogIn(path, _allow(found.get("chertlog", {}), path))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise Unusable(f"{path} is not TOML: {error}") from None


def _allow(section: Any, path: Path) -> tuple[str, ...]:
    allow = section.get("allow", []) if isinstance(section, dict) else None
    if not isinstance(allow, list) or not all(isinstance(each, str) and each for each in allow):
        raise Unusable(f'allow in {path} is no list of addresses: allow = ["@example.com"]')
    return tuple(each.casefold() for each in allow)
