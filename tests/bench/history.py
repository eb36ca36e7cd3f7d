"""A long published history from one simulated day, for benchmarks: copies of its events.

The events are copied, not the lines, since reading 10 million responses from text would take most
of an hour. Everything computed from them goes through the product's own transforms and checks.
Trace ids, keys, hashes and recipients differ from copy to copy, so that no chain joins two of them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from chertlog.ingest import publish, work
from chertlog.ingest.merge import recompute
from chertlog.ingest.privacy import load_key
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.ingest.simulate import write_day

# The newest copy keeps the times of the simulated day: later ones would lie in the future.
COPY_EVENTS = """
    insert into store.event by name
    select * replace (
        e.source_no + $copy * $sources as source_no,
        xor(e.line_hash, hash($copy)) as line_hash,
        e.occurred_at - to_days($copies - 1 - $copy) as occurred_at,
        printf('%02x', $copy) || substr(e.trace_id, 3) as trace_id,
        xor(e.idempotency_key, hash($copy)) as idempotency_key,
        xor(e.body_hash, hash($copy)) as body_hash,
        xor(e.recipient, hash($copy)) as recipient
    )
    from day_event as e
"""
COPY_SOURCES = """
    insert into store.source by name
    select * replace (
        s.source_no + $copy * $sources as source_no,
        s.path || '.' || $copy as path,
        md5(s.sha256 || $copy) as sha256,
        s.first_event_at - to_days($copies - 1 - $copy) as first_event_at,
        s.last_event_at - to_days($copies - 1 - $copy) as last_event_at
    )
    from day_source as s
"""


def publish_history(data_dir: Path, responses: int, rps: float = 1.0) -> None:
    """Publish about so many responses, in whole days of `rps` a second, into an empty `data_dir`.

    Only the application log is read: the others add events, not responses.
    """
    began = time.monotonic()
    settings = Settings(data_dir)
    with tempfile.TemporaryDirectory(prefix="chertlog-history-") as folder:
        write_day(Path(folder) / "day", seed=7, hours=24, rps=rps)
        ingest([str(Path(folder) / "day" / "app")], settings, final=True)
    copies = max(1, round(responses / (rps * 86_400)))
    with work.locked(data_dir), work.open_work(settings, load_key(data_dir)) as con:
        con.execute("create temp table day_event as from store.event")
        con.execute("create temp table day_source as from store.source")
        sources = con.execute("select max(source_no) from store.source").fetchall()[0][0]
        con.execute("delete from store.event; delete from store.source")
        con.execute("delete from store.rejected_line")
        con.execute("update day_source set rejected = 0, lines = events + blank + duplicates")
        for copy in range(copies):
            asked = {"copy": copy, "copies": copies, "sources": sources}
            con.execute(COPY_EVENTS, asked)
            con.execute(COPY_SOURCES, asked)
        con.execute("drop table day_event; drop table day_source")
        _told(began, f"{copies} days of events copied")
        recompute(con)
        _told(began, "responses, operations and sums computed")
        if failures := publish.checked(con):
            sys.exit(f"the copies are no sound database: {failures}")
    publish.publish(data_dir)
    _told(began, "published")


def _told(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:7.1f} s  {what}", file=sys.stderr)


if __name__ == "__main__":
    publish_history(Path(sys.argv[1]), int(sys.argv[2]))
