"""Runs one question in a process of its own: `python -m chertlog.queries.worker`.

Reads a JSON request on stdin (path, sql, max_rows, cpu_s), writes the result to stdout as an
Arrow IPC stream and one JSON line on stderr: {"truncated": …}, or {"error": kind, "what": …}.
Owns the limits: memory, processor time, no files, no settings, no writes. `sandbox` starts it,
watches the clock, and ends it.
"""

import contextlib
import json
import resource
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from chertlog.queries.duckdb_faults import DISABLE_WRONG_OPTIMIZER
from chertlog.queries.errors import BadQuery
from chertlog.queries.select_only import admit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Scalar functions are not counted in DuckDB's memory_limit: repeat('x', 4000000000) took 7.7 GB
# under 512 MB. The address space stops them.
_ADDRESS_SPACE = 3 * 2**30
_BATCH_ROWS = 20_000


def main() -> None:
    """Answer the request on stdin; exit code 0 with a result, 1 with an error."""
    request = json.load(sys.stdin)
    try:
        note = answer(request)
    except BadQuery as error:
        note = {"error": "bad", "what": error.what, "next": error.next}
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError) as error:
        note = {"error": "memory", "what": str(error).partition("\n")[0]}
    except duckdb.Error as error:
        note = {"error": "bad", "what": str(error)}
    folder = request["path"].rpartition("/")[0]
    sys.stderr.write(json.dumps(note).replace(json.dumps(folder)[1:-1] + "/", ""))
    sys.exit("error" in note)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the request and write its rows; says whether there were more than max_rows."""
    # Threads are set at once: those of a large machine alone would fill the address space.
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": "", "threads": 2}
    con = duckdb.connect(request["path"], read_only=True, config=config)
    sql = admit(con, request["sql"])
    _limit(request["cpu_s"])
    lock(con)
    reader = con.query(sql).to_arrow_reader(_BATCH_ROWS)
    room = request["max_rows"]
    with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as stream:
        for batch in reader:
            if room is not None and batch.num_rows > room:
                stream.write_batch(batch.slice(0, room))
                return {"truncated": True}
            stream.write_batch(batch)
            room = None if room is None else room - batch.num_rows
    return {"truncated": False}


def lock(con: "DuckDBPyConnection") -> None:
    """Take files, settings and extensions away from a connection, for good."""
    # Read-only alone is not enough: COPY … TO the open file's own path overwrites it. Without
    # LocalFileSystem neither COPY nor read_csv finds a file, and nothing can be switched back.
    # It is disabled after external access, whose own setting still looks at files.
    for setting in (
        "set TimeZone = 'UTC'",
        "set enable_progress_bar = false",
        "set memory_limit = '512MB'",
        "set python_enable_replacements = false",
        "set autoinstall_known_extensions = false",
        "set autoload_known_extensions = false",
        "set allow_community_extensions = false",
        "set enable_external_access = false",
        DISABLE_WRONG_OPTIMIZER,
        "set disabled_filesystems = 'LocalFileSystem'",
        "set lock_configuration = true",
    ):
        con.execute(setting)


def _limit(cpu_s: int) -> None:
    for kind, limit in (
        (resource.RLIMIT_AS, _ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS knows no RLIMIT_AS; the other fences hold there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    main()
