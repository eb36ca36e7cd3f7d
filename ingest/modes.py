"""Who may read what in the data directory: one table of permissions, and the group.

    DIR                      0710   the group may pass through, and lists nothing
    DIR/generations          0750   the group sees what is published
    DIR/generations/*.duckdb 0440   and reads it; nobody writes it again
    everything else          0600, folders 0700: work file, key, spill, list of the forgotten

The umask never decides. Owns no file.
"""

from __future__ import annotations

import contextlib
import grp
import os
import stat
from pathlib import Path

from chertlog.ingest.errors import WrongUse

ENTERED = 0o710
LISTED = 0o750
READABLE = 0o440
PRIVATE = 0o600


def group_number(name: str | None) -> int:
    """The number of a group by name or number; -1, which leaves files as they are, for None.

    Raises WrongUse for one that this machine does not know, or that this account is not in.
    """
    if name is None:
        return -1
    try:
        number = int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError:
        raise WrongUse(
            f"there is no group {name!r} on this machine",
            where="group, in chertlog.toml",
            next=f"make it (groupadd {name}), or name another",
        ) from None
    if os.geteuid() != 0 and number not in {os.getegid(), *os.getgroups()}:
        raise WrongUse(
            f"this account is not in the group {name!r}",
            where="group, in chertlog.toml",
            why="so it cannot give files to that group",
            next=f"usermod --append --groups {name} ACCOUNT, then log in again",
        )
    return number


def grant(path: Path, mode: int, group: int) -> None:
    """Give a file or folder its permissions and its group, where it is ours and they differ."""
    found = path.stat()
    with contextlib.suppress(PermissionError):  # somebody else's: as the administrator made it
        if group not in (-1, found.st_gid):
            os.chown(path, -1, group)
        if stat.S_IMODE(found.st_mode) != mode:
            path.chmod(mode)


def is_ours(folder: Path) -> bool:
    """Whether a data directory holds nothing but ours, so that its permissions are ours to set."""
    if not folder.exists():
        return True
    names = {entry.name for entry in folder.iterdir()}
    return not names or bool(names & {"work.duckdb", "generations", "pseudonym.key"})
