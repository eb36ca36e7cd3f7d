"""Runs one question in a process of its own: `python -m chertlog.queries.worker`.

Reads a JSON request on stdin (path, sql, max_rows, max_bytes, cpu_s), writes the result to stdout
as an Arrow IPC stream and one JSON line on stderr: {"truncated": …, "rows": …}, or
{"error": kind, "what": …}.
Owns the limits: memory, processor time, no files, no settings, no writes. `sandbox` starts it,
watches the clock, and ends it.
"""

import contextlib
import json
import os
import resource
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from chertlog.queries.errors import BadQuery
from chertlog.queries.select_only import admit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Scalar functions are not counted in DuckDB's memory_limit: repeat('x', 4000000000) took 7.7 GB
# under 512 MB. The address space stops them.
_ADDRESS_SPACE = 3 * 2**30
_BATCH_ROWS = 20_000
_LONGEST_MESSAGE = 2_000


def main() -> None:
    """Answer the request on stdin; exit code 0 with a result, 1 with an error."""
    request = json.load(sys.stdin)
    _limit(request["cpu_s"])
    try:
        note = answer(request)
    except BadQuery as error:
        note = {"error": "bad", "what": error.what, "next": error.next}
    except _TooLarge as error:
        note = {"error": "size", "what": str(error)}
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError) as error:
        note = {"error": "memory", "what": str(error).partition("\n")[0]}
    except duckdb.Error as error:
        note = {"error": "bad", "what": str(error)}
    except Exception as error:  # its own words may show where things lie on this machine
        note = {"error": "unexpected", "what": f"{type(error).__name__} in the worker"}
    folder = request["path"].rpartition("/")[0]
    if "what" in note:
        note["what"] = _shortened(note["what"].replace(f"{folder}/", ""))
    sys.stderr.write(json.dumps(note))
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit("error" in note)  # what DuckDB would tidy up at exit goes with the process


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the request and write its rows; says how many, and whether there were more."""
    # Threads are set at once: those of a large machine alone would fill the address space.
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": "", "threads": 2}
    con = duckdb.connect(request["path"], read_only=True, config=config)
    lock(con)
    sql = admit(con, request["sql"])
    reader = con.query(sql).to_arrow_reader(_BATCH_ROWS)
    rows, size, most = 0, 0, request["max_rows"]
    with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as stream:
        for batch in reader:
            if most is not None and rows + batch.num_rows > most:
                stream.write_batch(batch.slice(0, most - rows))
                return {"truncated": True, "rows": most}
            size += batch.nbytes
            if size > request["max_bytes"]:
                raise _TooLarge(f"more than {request['max_bytes'] / 1e6:,.0f} MB")
            stream.write_batch(batch)
            rows += batch.num_rows
    return {"truncated": False, "rows": rows}


class _TooLarge(Exception):
    """The result has more bytes than may be returned."""


def _shortened(text: str) -> str:
    """An error may quote all of a long question."""
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]} …"


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
