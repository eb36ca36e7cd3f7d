"""Who asked what: one line of JSON in DIR/audit.log for each question in SQL and each trace opened.

Owns that file: its lines, its permissions, its turning over. It holds no rows of a result, and of
the question nothing that looks like a number, an address or a credential. Whoever may not write
there is not stopped by it: a question is never refused because it could not be recorded.
"""

import contextlib
import fcntl
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

NAME = "audit.log"
MOST_BYTES = 5_000_000
KEPT = 4  # older ones, audit.log.1 the newest of them
LONGEST_TEXT = 4_000

# A time is no number of a person, and the id of a trace is what the record is for.
_NUMBER = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?)"
    r"|(?P<id>(?<![0-9A-Za-z])(?:[rlkb]_)?(?=[0-9]*[a-f])[0-9a-f]{8,16}(?![0-9A-Za-z]))"
    r"|\+?\(?\d(?:[^\w'\";,]{0,3}\d){6,}"
)
_ADDRESS = re.compile(r"[^\s@'\"<>(),;]+(?:@|%40)[^\s@'\"<>(),;]+")
_CREDENTIAL = re.compile(
    r"(?i:\b(?:bearer|basic)\s+[^\s'\"]+)|eyJ[\w.-]+|AKIA[0-9A-Z]+|-----BEGIN[^']*"
    r"|\b[a-z]{2,4}_(?:live|test)_[\w-]+|[A-Za-z0-9+/=_-]{40,}"
    r"|(?i:(?:token|secret|passw(?:or)?d|api[_-]?key|signature|cookie)\s*[:=]\s*[^\s'\"]+)"
)


def record(database: Path, did: str, *, door: str, who: str | None = None, **facts: object) -> None:
    """Add a line about something done with a published database; where that cannot be, do nothing.

    `did` is sql or trace, `door` what it was asked through, `who` the person if the door knows
    better than the operating system. Texts among `facts` are redacted and cut.
    """
    folder = database.resolve().parent
    if folder.name != "generations":
        return  # a copy somewhere: there is no data directory to keep a record in
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "who": who or _account(),
        "door": door,
        "did": did,
        **{name: redacted(fact) if isinstance(fact, str) else fact for name, fact in facts.items()},
    }
    with contextlib.suppress(OSError):
        _append(folder.parent / NAME, json.dumps(entry, ensure_ascii=True).encode() + b"\n")


def drop_older(folder: Path, moment: datetime) -> None:
    """Remove files of the record that turned over before a moment (UTC, naive)."""
    for path in folder.glob(f"{NAME}.*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < moment.replace(tzinfo=UTC).timestamp():
                path.unlink()


def redacted(text: str) -> str:
    """A text without what could name somebody; times, ids of traces and pseudonyms stay."""
    cut = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} […]"
    clean = _ADDRESS.sub("[address]", _CREDENTIAL.sub("[secret]", cut))
    return _NUMBER.sub(lambda m: m[0] if m["time"] or m["id"] else "[number]", clean)


def _account() -> str:
    """The account this runs under, and whose it was before sudo."""
    import pwd

    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    before = os.environ.get("SUDO_USER")
    return f"{before} (sudo {name})" if before else name


def _append(path: Path, line: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        found, owner = os.fstat(handle), path.parent.stat()
        if found.st_size == 0:
            os.fchmod(handle, 0o600)
            if os.geteuid() == 0:  # else the account that ingests could not write on
                os.fchown(handle, owner.st_uid, owner.st_gid)
        os.write(handle, line)
        if found.st_size + len(line) > MOST_BYTES:
            _turn_over(path, handle)
    finally:
        os.close(handle)


def _turn_over(path: Path, handle: int) -> None:
    fcntl.flock(handle, fcntl.LOCK_EX)
    if path.stat().st_ino != os.fstat(handle).st_ino:
        return  # somebody else did
    for number in range(KEPT, 0, -1):
        older = path.with_name(f"{NAME}.{number - 1}") if number > 1 else path
        if older.exists():
            older.replace(path.with_name(f"{NAME}.{number}"))
