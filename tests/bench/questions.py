"""What the pages of the dashboard ask of the database, found by running them, and how long."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from measure import forget, milliseconds
from streamlit.testing.v1 import AppTest

import chertlog.dashboard
from chertlog.dashboard import data, questions
from chertlog.queries.database import Connection, Params

HOME = Path(next(iter(chertlog.dashboard.__path__)))
PAGES = sorted(path.parent.name for path in (HOME / "screens").glob("*/page.py"))
RANGES = ("1h", "24h", "7d", "all")


@dataclass(frozen=True)
class Question:
    """One query as a page sent it, and how long it took then, ms."""

    name: str
    sql: str
    params: Params
    ask: Callable[[], Any]  # again, in the same way
    first_ms: float
    is_kept: bool  # depends on nothing but the generation: asked once, and kept


@dataclass(frozen=True)
class Times:
    """Milliseconds of all queries of one page, one after the other.

    `cold` is the first visit after a publication, with the file out of the page cache and with what
    is computed once per generation; `p50` and `longest` are of later runs without it. `cpu` is the
    least processor time of a run: it does not tell the neighbours' work from waiting.
    """

    page: str
    shown: str
    queries: int
    cold: float
    p50: float
    longest: float
    cpu: float
    slowest: str
    slowest_ms: float


def asked_by(data_dir: Path, page: str, *, cold: bool = False, **query: str) -> list[Question]:
    """The queries that a page sends with nothing in the cache of results.

    With `cold`, nothing of the file and nothing that is kept once is in memory either.
    """
    os.environ["CHERTLOG_DATA_DIR"] = str(data_dir)
    app = AppTest.from_file(str(HOME / "app.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    # The pages there are to switch to are known after a first run.
    app.run()
    st.cache_data.clear()
    data._slice.clear()
    if cold:
        st.cache_resource.clear()
        forget((data_dir / "chertlog.duckdb").resolve())
    app.switch_page(f"screens/{page}/page.py")
    with _recorded() as heard:
        app.run()
    if app.exception:
        raise RuntimeError(f"{page}: {app.exception[0].message}")
    return heard


def timed(page: str, shown: str, heard: list[Question], runs: int) -> Times:
    """How long the queries of a first visit took, and take when they are asked again."""
    asked = [question for question in heard if not question.is_kept]
    warm, cpu = [], []
    for _ in range(runs):
        began = time.process_time()
        warm.append([milliseconds(question.ask) for question in asked])
        cpu.append((time.process_time() - began) * 1000)
    totals = [sum(run) for run in warm]
    each = [statistics.median(times) for times in zip(*warm, strict=True)]
    slowest = max(range(len(each)), key=each.__getitem__, default=None)
    return Times(
        page,
        shown,
        len(asked),
        sum(question.first_ms for question in heard),
        statistics.median(totals),
        max(totals),
        min(cpu),
        "" if slowest is None else asked[slowest].name,
        0.0 if slowest is None else each[slowest],
    )


@contextmanager
def _recorded() -> Iterator[list[Question]]:
    """All that goes through a connection meanwhile, in order."""
    heard: list[Question] = []
    bodies = {name: questions.body(name) for name in questions.files()}
    sent = {name: getattr(Connection, name) for name in ("sql", "arrow", "rows", "keep")}

    def listening(method: Any) -> Any:
        def ask(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            answer = method(*given, **named)
            took = (time.perf_counter() - began) * 1000
            asked = given[1:]
            is_kept = method is sent["keep"]
            sql = asked[1] if is_kept else asked[0]
            found = [each for each, body in bodies.items() if sql.endswith((body, f"{body}\n)"))]
            name = f"kept.{asked[0]}" if is_kept else (*found, " ".join(sql.split())[:24])[0]
            params = None if is_kept or len(asked) < 2 else asked[1]
            again = partial(method, *given, **named)
            heard.append(Question(name, sql, params, again, took, params is None))
            return answer

        return ask

    try:
        for name, method in sent.items():
            setattr(Connection, name, listening(method))
        yield heard
    finally:
        for name, method in sent.items():
            setattr(Connection, name, method)
