"""How long the dashboard takes: what each page asks of the database, pages in a browser, a crowd.

Which queries a page sends is found by running it. `cold` is the first visit after a publication,
with the file out of memory and with what is computed once per generation; `p50` and `max` are warm
files, each query that depends on the filters computed. The crowd speaks Streamlit's protocol
without a browser, since twenty browsers would measure themselves.

    make bench ONLY=dashboard
    make bench ONLY=dashboard ARGS='--data-dir DIR --people 50'

Without --data-dir a history of --responses is built first: 10 million take some minutes and 6 GB.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from history import publish_history
from measure import machine
from questions import PAGES, RANGES, Times, asked_by, timed
from visitors import Visit, crowd, free_port, in_a_browser, is_served

from chertlog.dashboard.server import command
from chertlog.queries import connect


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--responses", type=int, default=10_000_000)
    parser.add_argument("--data-dir", type=Path, help="measure this published database instead")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--servers", type=int, default=1, help="dashboards that share the people")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # Streamlit's, about running without a server
    with tempfile.TemporaryDirectory(prefix="chertlog-bench-") as folder:
        data_dir = options.data_dir or Path(folder) / "data"
        if options.data_dir is None:
            publish_history(data_dir, options.responses)
        figures: dict[str, object] = machine() | {"servers": options.servers}
        figures |= {"pages": [asdict(t) for t in _pages(data_dir, options.runs)]}
        with ExitStack() as running:
            urls = [running.enter_context(_served(data_dir)) for _ in range(options.servers)]
            figures |= _visits(data_dir, urls, options.people)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _pages(data_dir: Path, runs: int) -> Iterator[Times]:
    """Every page over every preset; pages without a time range once."""
    print("page       range  queries  cold ms  p50 ms  max ms  CPU ms  slowest query, its ms")
    for page in PAGES:
        before = None
        for name in RANGES:
            questions = asked_by(data_dir, page, cold=True, range=name)
            asked = [(q.sql, str(q.params)) for q in questions if not q.is_kept]
            if asked == before:
                break
            before = asked
            found = timed(page, name, questions, runs)
            print(
                f"{page:<11}{name:<6}{found.queries:>8}{found.cold:>9.0f}{found.p50:>8.0f}"
                f"{found.longest:>8.0f}{found.cpu:>8.0f}  {found.slowest} {found.slowest_ms:.0f}",
                flush=True,
            )
            yield found


def _visits(data_dir: Path, urls: list[str], people: int) -> dict[str, object]:
    """In one browser, then many people at once."""
    with connect(data_dir) as db:
        busiest = "select tenant_id from client_conduct order by responses desc limit 20"
        tenants = [str(row["tenant_id"]) for row in db.rows(busiest)]
    figures: dict[str, object] = {}
    if chromium := shutil.which(os.environ.get("CHROMIUM") or "chromium"):
        metric, whole = in_a_browser(urls[0], chromium, "/")
        again, whole_again = in_a_browser(urls[0], chromium, "/")
        print(f"browser, first visit:  first figure {metric:.2f} s, full page {whole:.2f} s")
        print(f"browser, next visit:   first figure {again:.2f} s, full page {whole_again:.2f} s")
        figures["browser"] = [metric, whole, again, whole_again]
    (alone,), (change,) = crowd(urls[:1], 1, ["errors"], ["7d"], tenants[-1:])
    print(f"one person: opens {alone.whole:.2f} s, changes the tenant {change.whole:.2f} s")
    figures["one"] = [alone.whole, change.whole]
    pages = ["", "errors", "storms", "saturation", "contract"]
    opened, changed = crowd(urls, people, pages, list(RANGES), tenants)
    for name, visits in (("open a page", opened), ("change the tenant", changed)):
        p50, p95, errors = _spread(visits)
        waited = f"p50 {p50:.2f} s, p95 {p95:.2f} s, {errors} errors"
        print(f"{people} people at {len(urls)} dashboards {name}: {waited}")
        figures[f"crowd: {name}"] = {"p50": p50, "p95": p95, "errors": errors}
    return figures


def _spread(visits: list[Visit]) -> tuple[float, float, int]:
    taken = sorted(visit.whole for visit in visits)
    late = taken[min(len(taken) - 1, round(0.95 * len(taken)))]
    return statistics.median(taken), late, sum(visit.failed for visit in visits)


@contextmanager
def _served(data_dir: Path) -> Iterator[str]:
    """A dashboard in a process of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command(data_dir, port), stdout=log, stderr=log, start_new_session=True
        )
        try:
            if not is_served(url + "/_stcore/health"):
                log.seek(0)
                sys.exit(f"the dashboard did not start: {log.read().decode()}")
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


if __name__ == "__main__":
    main()
