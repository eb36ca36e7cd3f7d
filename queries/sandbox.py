"""Runs SQL that people type: one SELECT, in a child process, within time, memory and size.

Owns the child's life (start, clock, end) and the translation of its failures. What is accepted
is `select_only`'s business, what is locked is `worker`'s, how a result is written `results`'.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from chertlog.queries.audit import record
from chertlog.queries.errors import BadQuery, ChertlogError, QueryLimit
from chertlog.queries.published import published_database
from chertlog.queries.results import Result

MOST_BYTES = 256_000_000
LONGEST_SQL = 100_000


def run_select(
    location: str | Path | None,
    sql: str,
    timeout_s: float = 30,
    max_rows: int | None = 100_000,
    *,
    door: str = "python",
    who: str | None = None,
) -> Result:
    """The rows of one SELECT (or EXPLAIN, or a relation's name) over the published database.

    `location` as for `connect`. At most `max_rows` rows are returned (None: all), and the result
    says whether there were more. `door` and `who` are for the record (see `audit`). Raises
    NoDatabase, BadQuery (wrong or refused), QueryLimit (over its time, memory or bytes).
    """
    path = published_database(location)
    began = monotonic()
    outcome: dict[str, object] = {"outcome": "interrupted"}
    try:
        note, answer = _asked(path, sql, timeout_s, max_rows)
        outcome = {"outcome": "answered", "rows": note["rows"]}
        return Result(answer, truncated=bool(note["truncated"]))
    except ChertlogError as error:
        outcome = {"outcome": _OUTCOMES.get(type(error), "failed"), "why": error.what}
        raise
    finally:
        seconds = round(monotonic() - began, 3)
        record(path, "sql", door=door, who=who, sql=sql, **outcome, seconds=seconds)


def _asked(
    path: Path, sql: str, timeout_s: float, max_rows: int | None
) -> tuple[dict[str, Any], bytes]:
    """What the worker said, and the rows it gave."""
    if len(sql) > LONGEST_SQL:
        raise BadQuery(f"this has more than {LONGEST_SQL:,} characters")
    request = {
        "path": str(path),
        "sql": sql,
        "max_rows": max_rows,
        "max_bytes": MOST_BYTES,
        # Two threads; it also ends a child whose parent was killed before the clock ran out.
        "cpu_s": int(timeout_s * 2) + 5,
    }
    try:
        done = subprocess.run(
            # -P: a duckdb.py in the reader's folder must not be imported.
            [sys.executable, "-P", "-m", "chertlog.queries.worker"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=timeout_s,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise QueryLimit(
            f"the query was stopped after {timeout_s:g} s",
            next="Ask for less: a shorter time, fewer columns, or one of the smaller views.",
        ) from None
    note = _note(done)
    if "error" in note:
        raise _error(note)
    return note, done.stdout


_OUTCOMES = {BadQuery: "refused or wrong", QueryLimit: "stopped"}


def _environment() -> dict[str, str]:
    """Only what it takes to start: the parent's secrets are none of a query's business."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": "/",
        # However the parent found chertlog, the child finds it too.
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        # Each core's share of memory set aside counts as address space.
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _note(done: "subprocess.CompletedProcess[bytes]") -> dict[str, Any]:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    try:
        note = json.loads(lines[-1]) if lines else {}
    except ValueError:
        note = {}
    if "error" in note or "truncated" in note:
        return dict(note)
    if done.returncode < 0:
        return {"error": "memory", "what": f"its process was ended by signal {-done.returncode}"}
    return {"error": "unexpected", "what": "it said nothing that can be understood"}


def _error(note: dict[str, Any]) -> ChertlogError:
    if note["error"] == "bad":
        return BadQuery(note["what"], next=note.get("next", ""))
    if note["error"] == "memory":
        return QueryLimit(
            "the query needs more memory than it may use",
            why=note["what"],
            next="Ask for less: a shorter time, fewer columns, or one of the smaller views.",
        )
    if note["error"] == "size":
        return QueryLimit(
            "the result is larger than may be returned",
            why=note["what"],
            next="Ask for less: fewer rows or columns, or a sum.",
        )
    return ChertlogError("the query's process failed", why=note["what"])
