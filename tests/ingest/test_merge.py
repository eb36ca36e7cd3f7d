"""From events to responses and operations: which lines are one answer, which answers one intent.

Each case has trace ids or a tenant of its own, so that all of them are loaded together, and then
again in other orders and runs: no order may change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("no_sync")

NOON = datetime(2026, 11, 21, 12)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a fresh directory."""
    return lambda name: tmp_path_factory.mktemp(name)


def at(seconds: float) -> str:
    """So many seconds after noon."""
    return (NOON + timedelta(seconds=seconds)).isoformat()


# ---- responses


@pytest.fixture(scope="module")
def logs(lines: Any) -> dict[str, bytes]:
    """The three logs of all cases."""
    far = "2026-12-21T12:00:00"
    twice = lines.sent(at(1), "twice0000000", 503, code=3001)
    app = [
        # whole: what every log knows of one answer
        lines.received(at(0), "whole0000000", idempotency_key="k", http__user_agent="okhttp"),
        lines.app(
            at(0.5), "delivery.failed", "whole0000000",
            delivery_service="relay-a", internal_code="X7", detail="no route",
        ),
        lines.sent(at(1), "whole0000000", 503, code=3001),
        # collide: the same 8 digits, two tenants, a second apart
        lines.received(at(0), "collide0"),
        lines.sent(at(1), "collide0", 503, code=3001),
        lines.received(at(1), "collide0", tenant_id="beta"),
        lines.sent(at(2), "collide0", tenant_id="beta"),
        # month: the same tenant's again, 30 days later
        lines.sent(at(0), "month000", 503, code=3001),
        lines.sent(far, "month000"),
        # near, later: two answers 15 minutes apart, and a second more
        lines.sent(at(0), "near0000", 503, code=3001),
        lines.sent(at(900), "near0000"),
        lines.sent(at(0), "later000", 503, code=3001),
        lines.sent(at(901), "later000"),
        # nobody: the edge does not know the tenant
        lines.received(at(0), "nobody000000"),
        lines.sent(at(1), "nobody000000"),
        # between: two tenants share an id, and an edge line without tenant lies by the second
        lines.sent(at(0), "between0"),
        lines.sent(at(300), "between0", tenant_id="beta"),
        # statuses: each log says another one
        lines.sent(at(1), "statuses0000", 503, code=3001),
        # lost: the request survived, its answer only elsewhere
        lines.received(at(0), "lost00000000", path="/api/v1/chats"),
        # silent: no answer anywhere
        lines.received(at(0), "silent000000"),
        lines.received(at(5), "silent2", path="/api/v1/chats"),
        lines.app(at(6), "delivery.ok", "silent2", path="/api/v1/chats"),
        # twice: one line, written twice
        twice,
        twice,
        # lines without a trace are never duplicates
        lines.app(at(0), "service.heartbeat"),
        lines.app(at(0), "service.heartbeat"),
    ]  # fmt: skip
    edge = [
        lines.edge(at(1), "whole0000000", 503, retry_after="30"),
        lines.edge(at(1), "collide0", 503),
        lines.edge(at(2), "collide0", 200, tenant="beta"),
        lines.edge(at(0), "month000", 503),
        lines.edge(far, "month000"),
        lines.edge(at(1), "nobody000000", tenant="-"),
        lines.edge(at(301), "between0", 202, tenant="-"),
        lines.edge(at(1), "statuses0000", 502),
        lines.edge(at(1), "statuses2", 502),
        lines.edge(at(9), "lost00000000", 504, tenant="-", seconds="9.250"),
        lines.edge(at(9), "edgeonly0000", 503, seconds="0.250", tenant="-"),
        lines.edge(at(9), "-", 499),
        lines.edge(at(9), "-", 499),
        lines.edge(at(9), "-", 400, request=r"\x16\x03\x01", tenant="-"),
    ]
    record = lines.record
    otlp = [
        lines.otlp(
            record(at(1), "whole0000000", 503, code=3001, retryable=True),
            record(at(1), "collide0", 503, code=3001, retryable=True),
            record(at(2), "collide0", tenant="beta"),
        ),
        lines.otlp(
            record(at(1), "statuses0000", 500, code=5000, retryable=False),
            record(at(1), "statuses2", 500, code=5000, retryable=False),
            record(at(3), "otlponly0000", 429, code=1007, retryable=True, retry_after=30),
            record(at(4), None, 200),
        ),
    ]
    return {"app": b"".join(app), "edge": b"".join(edge), "otlp": b"".join(otlp)}


@pytest.fixture(scope="module")
def load(place: Any, short_day: Any) -> Callable[..., Any]:
    """Load the named logs, one run after the other, into a new database."""

    def make(logs: dict[str, bytes], *runs: tuple[str, ...]) -> Any:
        folder = place("merge")
        store = type(short_day.store)(folder / "data")
        for names in runs:
            for name in names:
                (folder / name).write_bytes(logs[name])
            summary = store.ingest(*[folder / name for name in names])
            assert [str(failure) for failure in summary.failures] == []
            assert (summary.exit_code, summary.rejected) == (0, 0)
        assert store.unbalanced() == []
        return store

    return make


@pytest.fixture(scope="module")
def merged(load: Any, logs: Any) -> Any:
    return load(logs, ("app", "edge", "otlp"))


@pytest.fixture(scope="module")
def responses(merged: Any) -> Callable[[str], list[dict[str, Any]]]:
    """The responses of one trace, in order of time."""
    query = """
        select r.*, s.is_duplicate_trace
        from responses as r
        inner join store.response as s on printf('%016x', s.response_id) = r.response_id
        order by r.occurred_at, r.response_id
    """
    found = merged.rows(query)
    return lambda trace: [row for row in found if row["trace_id"] == trace]


@pytest.mark.parametrize(
    "runs",
    [
        [("edge",), ("app",), ("otlp",)],
        [("otlp",), ("app", "edge")],
    ],
    ids=lambda runs: " then ".join("+".join(names) for names in runs),
)
def test_the_order_of_the_logs_changes_nothing(
    load: Any, logs: Any, merged: Any, differ: Any, place: Any, runs: list[tuple[str, ...]]
) -> None:
    other = load(logs, *runs)
    assert differ(merged.export(place("one")), other.export(place("other"))) == {}


def test_one_answer_in_three_logs_is_one_response(responses: Any) -> None:
    (row,) = responses("whole0000000")
    assert row["seen_in"] == ["app", "edge", "otlp"]
    assert (row["received_at"], row["occurred_at"]) == (NOON, NOON + timedelta(seconds=1))
    assert (row["error_code"], row["http_status"], row["user_agent"]) == (3001, 503, "okhttp")
    assert (row["delivery_service"], row["internal_code"]) == ("relay-a", "X7")
    assert row["retry_after_header_s"] == 30  # the application log has none
    assert row["idempotency_key"] and row["recipient"] and row["body_hash"]


def test_one_id_of_two_tenants_is_two_responses(responses: Any) -> None:
    first, second = responses("collide0")
    assert (first["tenant_id"], first["error_code"]) == ("acme", 3001)
    assert (second["tenant_id"], second["error_code"]) == ("beta", None)
    for row in (first, second):
        assert row["seen_in"] == ["app", "edge", "otlp"]
        assert row["is_duplicate_trace"] is False


def test_one_id_a_month_apart_is_two_responses(responses: Any) -> None:
    first, second = responses("month000")
    assert (first["is_error"], second["is_error"]) == (True, False)
    for row in (first, second):
        assert row["seen_in"] == ["app", "edge"]
        assert row["is_duplicate_trace"] is False


@pytest.mark.parametrize(("trace", "wanted"), [("near0000", True), ("later000", False)])
def test_two_answers_under_one_id(responses: Any, trace: str, wanted: bool) -> None:
    """Two responses; a violation only if they are at most 15 minutes apart."""
    rows = responses(trace)
    assert [row["is_error"] for row in rows] == [True, False]
    assert [row["is_duplicate_trace"] for row in rows] == [wanted, wanted]


def test_an_edge_line_without_tenant_joins_its_trace(responses: Any) -> None:
    (row,) = responses("nobody000000")
    assert (row["tenant_id"], row["seen_in"]) == ("acme", ["app", "edge"])


def test_an_edge_line_without_tenant_joins_the_nearest(responses: Any) -> None:
    first, second = responses("between0")
    assert (first["tenant_id"], first["seen_in"]) == ("acme", ["app"])
    assert (second["tenant_id"], second["seen_in"]) == ("beta", ["app", "edge"])


def test_the_application_log_comes_before_otlp_before_the_edge(responses: Any) -> None:
    (row,) = responses("statuses0000")
    assert (row["http_status"], row["error_code"], row["retryable"]) == (503, 3001, True)
    (row,) = responses("statuses2")
    assert (row["http_status"], row["error_code"], row["retryable"]) == (500, 5000, False)


def test_an_answer_seen_by_otlp_alone(responses: Any) -> None:
    (row,) = responses("otlponly0000")
    assert (row["is_error"], row["error_code"], row["retryable"]) == (True, 1007, True)
    assert (row["retry_after_s"], row["seen_in"], row["tenant_id"]) == (30, ["otlp"], "acme")
    assert row["http_route"] == "/api/v1/send"


def test_an_answer_seen_by_the_edge_alone_is_unclassified(responses: Any) -> None:
    (row,) = responses("edgeonly0000")
    assert (row["is_error"], row["is_logical_failure"], row["error_code"]) == (None, None, None)
    assert (row["http_status"], row["surface"], row["seen_in"]) == (503, "v1", ["edge"])
    assert row["occurred_at"] - row["received_at"] == timedelta(milliseconds=250)


def test_a_request_adds_what_only_it_knows(responses: Any) -> None:
    (row,) = responses("lost00000000")
    assert (row["is_error"], row["http_status"], row["seen_in"]) == (None, 504, ["edge"])
    assert (row["tenant_id"], row["http_route"]) == ("acme", "/api/v1/chats")
    assert row["received_at"] == NOON


def test_requests_without_an_answer(merged: Any, responses: Any) -> None:
    rows = merged.sql("select trace_id, events, last_event from unanswered_requests order by 1")
    assert rows == [("silent000000", 1, "request.received"), ("silent2", 2, "delivery.ok")]
    assert responses("silent000000") == []


def test_what_nginx_answered_itself(merged: Any) -> None:
    rows = merged.sql("select minute, http_status, responses from edge_only_responses order by all")
    assert rows == [(NOON, 400, 1), (NOON, 499, 2)]


def test_a_line_written_twice_counts_once(merged: Any, responses: Any) -> None:
    assert len(responses("twice0000000")) == 1
    (app,) = merged.rows("select * from sources where format = 'app'")
    assert (app["duplicates"], app["lines"]) == (1, app["events"] + 1)
    assert merged.column("select count(*) from events where event = 'service.heartbeat'") == [2]


def test_a_record_without_a_chert_trace_is_an_event_and_no_response(merged: Any) -> None:
    rows = merged.sql(
        "select event, http_status from events where log = 'otlp' and trace_id is null"
    )
    assert rows == [("log", 200)]


# ---- operations


@dataclass(frozen=True)
class Attempt:
    """Received and answered, in seconds after noon; with its code, or a success."""

    received: float
    answered: float
    code: int | None = 3001
    key: str | None = None
    hash: str | None = "00112233445566aa"
    to: str = "+12025550143"
    path: str = "/api/v1/send"
    retry_after: int | None = None
    header: int | None = None
    tenant: str = ""


H = 3600
CHAINS: dict[str, tuple[list[Attempt], list[int]]] = {
    "within a minute": ([Attempt(0, 1), Attempt(61, 62)], [1, 1]),
    "over a minute": ([Attempt(0, 1), Attempt(61.001, 62)], [1, 2]),
    "each gap counts by itself": ([Attempt(n * 60, n * 60 + 1) for n in range(5)], [1] * 5),
    "another body": ([Attempt(0, 1), Attempt(5, 6, hash="ffff")], [1, 2]),
    "another route": ([Attempt(0, 1), Attempt(5, 6, path="/api/v1/chats")], [1, 2]),
    "after a success": ([Attempt(0, 1, None), Attempt(5, 6)], [1, 2]),
    "after a success in the end": (
        [Attempt(0, 1), Attempt(5, 6, None), Attempt(9, 10)],
        [1, 1, 2],
    ),
    "overlapping": ([Attempt(0, 10), Attempt(5, 6)], [1, 2]),
    "at the moment of the answer": ([Attempt(0, 10), Attempt(10, 11)], [1, 1]),
    "1007 in time": (
        [Attempt(0, 1, 1007, retry_after=30), Attempt(121, 122)],
        [1, 1],
    ),
    "1007 too late": (
        [Attempt(0, 1, 1007, retry_after=30), Attempt(121.5, 122)],
        [1, 2],
    ),
    "1007 by its header": (
        [Attempt(0, 1, 1007, header=30), Attempt(121, 122)],
        [1, 1],
    ),
    # Answered 12:20:00: 40 minutes to the full hour, and 15 more.
    "4002 in time": ([Attempt(1199, 1200, 4002), Attempt(H + 900, H + 901)], [1, 1]),
    "4002 too late": ([Attempt(1199, 1200, 4002), Attempt(H + 901, H + 902)], [1, 2]),
    "4002 told to wait longer": (
        [Attempt(1199, 1200, 4002, retry_after=3000), Attempt(1200 + 3900, 5200)],
        [1, 1],
    ),
    "4002 told to wait longer, too late": (
        [Attempt(1199, 1200, 4002, retry_after=3000), Attempt(1200 + 3901, 5200)],
        [1, 2],
    ),
    "4002 told to wait less": (
        [Attempt(1199, 1200, 4002, retry_after=5), Attempt(H + 900, H + 901)],
        [1, 1],
    ),
    "4002 on the full hour": (
        [Attempt(H - 1, H, 4002), Attempt(2 * H + 900, 2 * H + 901)],
        [1, 1],
    ),
    "a key, hours later": ([Attempt(0, 1, key="a"), Attempt(20 * H, 20 * H + 1, key="a")], [1, 1]),
    "a key, a day later": ([Attempt(0, 1, key="a"), Attempt(24 * H, 24 * H + 1, key="a")], [1, 1]),
    "a key, over a day later": (
        [Attempt(0, 1, key="a"), Attempt(24 * H + 1, 24 * H + 2, key="a")],
        [1, 2],
    ),
    # The day begins anew with the attempt that fell out of the first.
    "a key for days": (
        [Attempt(n * 10 * H, n * 10 * H + 1, key="a") for n in range(7)],
        [1, 1, 1, 2, 2, 2, 3],
    ),
    "a key, overlapping": ([Attempt(0, 10, key="a"), Attempt(5, 6, key="a")], [1, 1]),
    "a key, after a success": ([Attempt(0, 1, None, key="a"), Attempt(5, 6, key="a")], [1, 2]),
    "two keys": ([Attempt(0, 1, key="a"), Attempt(5, 6, key="b")], [1, 2]),
    "a key and none": ([Attempt(0, 1, key="a"), Attempt(5, 6)], [1, 2]),
    "a key, another body": ([Attempt(0, 1, key="a"), Attempt(5, 6, key="a", hash="f")], [1, 1]),
    "a key, another route": (
        [Attempt(0, 1, key="a"), Attempt(5, 6, key="a", path="/api/v1/chats")],
        [1, 2],
    ),
    "a key, another tenant": (
        [Attempt(0, 1, key="a"), Attempt(5, 6, key="a", tenant="somebody else")],
        [1, 2],
    ),
    "weak": ([Attempt(0, 1, hash=None), Attempt(61, 62, hash=None)], [1, 1]),
    "weak, too late": ([Attempt(0, 1, hash=None), Attempt(61.5, 62, hash=None)], [1, 2]),
    "weak, another recipient": (
        [Attempt(0, 1, hash=None), Attempt(5, 6, hash=None, to="+12025550144")],
        [1, 2],
    ),
    "weak, another path": (
        [Attempt(0, 1, hash=None), Attempt(5, 6, hash=None, path="/api/v1/chats")],
        [1, 2],
    ),
}


@pytest.fixture(scope="module")
def chain_logs(lines: Any) -> dict[str, bytes]:
    """The first attempts of all cases, the second ones, and so on: a log each."""
    logs: dict[str, bytes] = {}
    for case, (attempts, _) in CHAINS.items():
        for number, attempt in enumerate(attempts, 1):
            who = {"tenant_id": attempt.tenant or case, "path": attempt.path}
            trace = f"{case}#{number}".replace(" ", "_").replace(",", "")
            headers = {"X-Trace-ID": trace}
            if attempt.header:
                headers["Retry-After"] = str(attempt.header)
            made = lines.received(
                at(attempt.received), trace,
                body_hash=attempt.hash, idempotency_key=attempt.key, to=attempt.to, **who,
            ) + lines.sent(
                at(attempt.answered), trace, 503 if attempt.code else 200,
                code=attempt.code, retry_after=attempt.retry_after, **who,
                **({"response__headers": headers} if attempt.header else {}),
            )  # fmt: skip
            name = f"attempt {number}"
            logs[name] = logs.get(name, b"") + made
    return logs


@pytest.fixture(scope="module")
def chained(load: Any, chain_logs: Any) -> Any:
    return load(chain_logs, tuple(chain_logs))


@pytest.fixture(scope="module")
def attempts(chained: Any) -> Callable[[str], list[dict[str, Any]]]:
    """The attempts of one case in the order written."""
    found: dict[str, dict[str, Any]] = {}
    for row in chained.rows(
        "select r.*, o.attempts from responses as r inner join operations as o using (operation_id)"
    ):
        found[row["trace_id"]] = row
    numbers = {case: len(attempts) for case, (attempts, _) in CHAINS.items()}
    by_line = chained.column(
        "select trace_id from events where event = 'response.sent' order by source_id, line_number"
    )
    order: dict[str, list[str]] = {}
    place = iter(by_line)
    for number in range(1, max(numbers.values()) + 1):
        for case, count in numbers.items():
            if number <= count:
                order.setdefault(case, []).append(next(place))
    return lambda case: [found[trace] for trace in order[case]]


@pytest.mark.parametrize("case", CHAINS)
def test_chains(attempts: Any, case: str) -> None:
    planned, wanted = CHAINS[case]
    rows = attempts(case)
    ids = list(dict.fromkeys(row["operation_id"] for row in rows))
    assert [ids.index(row["operation_id"]) + 1 for row in rows] == wanted
    assert [row["attempt"] for row in rows] == [
        wanted[: n + 1].count(operation) for n, operation in enumerate(wanted)
    ]
    assert [row["attempts"] for row in rows] == [wanted.count(operation) for operation in wanted]
    for attempt, row in zip(planned, rows, strict=True):
        basis = "fingerprint" if attempt.hash else "weak_fingerprint"
        assert row["chain_basis"] == ("idempotency_key" if attempt.key else basis)


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_chains_do_not_depend_on_the_runs(
    load: Any, chain_logs: Any, chained: Any, differ: Any, place: Any, order: str
) -> None:
    """Each log in a run of its own: chains are extended at either end, cut and joined."""
    names = list(chain_logs) if order == "forwards" else list(reversed(chain_logs))
    other = load(chain_logs, *[(name,) for name in names])
    assert differ(chained.export(place("one")), other.export(place("other"))) == {}


def test_a_line_between_two_attempts_joins_them_later(load: Any, lines: Any) -> None:
    """The middle attempt comes last: the gap that parted its neighbours is gone."""
    logs = {
        str(n): lines.received(at(n * 50), f"t{n}") + lines.sent(at(n * 50 + 1), f"t{n}", code=3001)
        for n in range(3)
    }
    store = load(logs, ("0", "2"))
    assert store.column("select attempts from operations") == [1, 1]
    store = load(logs, ("0", "2"), ("1",))
    assert store.column("select attempts from operations") == [3]


def test_a_success_between_two_attempts_parts_them_later(load: Any, lines: Any) -> None:
    logs = {
        str(n): lines.received(at(n * 20), f"t{n}")
        + lines.sent(at(n * 20 + 1), f"t{n}", code=None if n == 1 else 3001)
        for n in range(3)
    }
    assert load(logs, ("0", "2")).column("select attempts from operations") == [2]
    store = load(logs, ("0", "2"), ("1",))
    assert sorted(store.column("select attempts from operations")) == [1, 2]


def test_a_request_and_its_answer_in_one_second(load: Any, lines: Any) -> None:
    """The edge log has whole seconds: its answer seems to come before its request did."""
    logs = {
        "app": lines.received("10:00:00.900000", "t1"),
        "edge": lines.edge("10:00:00", "t1", 503, seconds="0.050"),
    }
    (row,) = load(logs, ("app", "edge")).rows("select * from responses")
    assert row["received_at"] <= row["occurred_at"]
    assert row["seen_in"] == ["edge"]


@pytest.fixture
def midnight(lines: Any) -> Iterator[dict[str, bytes]]:
    """A chain of four attempts over midnight, in the files of two days."""
    before, after = "2026-11-21T23:59:{}", "2026-11-22T00:00:{}"
    times = [before.format("10"), before.format("40"), after.format("05"), after.format("30")]
    files = {"21": b"", "22": b""}
    for number, moment in enumerate(times):
        name, trace = moment[8:10], f"m{number}"
        code = 3001 if number < 3 else None
        answered = (datetime.fromisoformat(moment) + timedelta(seconds=1)).isoformat()
        files[name] += lines.received(moment, trace) + lines.sent(answered, trace, code=code)
    yield files


@pytest.mark.parametrize("order", [("21", "22"), ("22", "21")], ids=" then ".join)
def test_a_chain_goes_on_over_midnight(
    load: Any, midnight: Any, differ: Any, place: Any, order: tuple[str, str]
) -> None:
    store = load(midnight, (order[0],), (order[1],))
    assert store.sql("select attempts, outcome from operations") == [(4, "succeeded")]
    together = load(midnight, ("21", "22"))
    assert differ(together.export(place("one")), store.export(place("other"))) == {}


def test_an_answer_over_midnight_is_one_response(load: Any, lines: Any) -> None:
    """Received on one day, answered on the next, in two files and runs."""
    logs = {
        "21": lines.received("2026-11-21T23:59:59.900000", "m0"),
        "22": lines.sent("2026-11-22T00:00:00.100000", "m0", 503, code=3001),
    }
    for order in (("21", "22"), ("22", "21")):
        store = load(logs, (order[0],), (order[1],))
        rows = store.rows("select * from responses")
        assert [row["received_at"] for row in rows] == [datetime(2026, 11, 21, 23, 59, 59, 900000)]
        assert store.column("select count(*) from unanswered_requests") == [0]


def test_a_request_whose_far_off_answer_goes_again_is_without_one(
    lines: Any, new_store: Any, tmp_path: Path
) -> None:
    """A month apart, and the second file is replaced: no event of that load is the request."""
    asked, answered = tmp_path / "asked.ndjson", tmp_path / "answered.ndjson"
    asked.write_bytes(lines.received("2026-10-21T12:00:00.000000", "far000000000"))
    answered.write_bytes(lines.sent("2026-11-21T12:00:00.000000", "far000000000", 200))
    store = new_store("data")
    waiting = "select trace_id, events from unanswered_requests"
    store.ingest(asked)
    assert store.sql(waiting) == [("far000000000", 1)]
    store.ingest(answered)
    assert store.sql(waiting) == []
    answered.write_bytes(lines.sent("2026-11-21T12:00:00.000000", "other0000000", 200))
    store.ingest(reload=(answered,))
    assert store.sql(waiting) == [("far000000000", 1)]
