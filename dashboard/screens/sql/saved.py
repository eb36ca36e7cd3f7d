"""Saved queries: those that ship with chertlog, and an installation's own.

Each is a file whose first line is a comment that says what it answers. An installation puts its
own into DIR/queries/ of the data directory; one of the same name replaces ours.
"""

import os
from pathlib import Path
from typing import NamedTuple

from chertlog.queries.published import DEFAULT_DATA_DIR

_SHIPPED = Path(__file__).with_name("saved_queries")
_MOST_BYTES = 100_000


class Saved(NamedTuple):
    """One query: what it answers, and its text."""

    title: str
    sql: str


def queries() -> dict[str, Saved]:
    """The saved queries by their files’ names, ours first; what cannot be read is left out."""
    own = Path(os.environ.get("CHERTLOG_DATA_DIR") or DEFAULT_DATA_DIR).expanduser() / "queries"
    found: dict[str, Saved] = {}
    for folder in (_SHIPPED, own):
        for path in sorted(folder.glob("*.sql")):
            query = _read(path)
            if query:
                found[path.stem] = query
    return found


def _read(path: Path) -> Saved | None:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        text = path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return None
    first, _, rest = text.partition("\n")
    titled = first.startswith("--")
    title = first.lstrip("- ").strip() if titled else path.stem.replace("_", " ")
    sql = rest.strip() if titled else text
    return Saved(title, sql) if sql else None
