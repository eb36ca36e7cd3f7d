"""Days made to mislead: what must be found in each, and what must not.

Each log is made by hand, small enough that its numbers can be worked out on paper; times are
seconds after 08:00. A day that is quiet but for one thing is told from that thing alone.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chertlog.ingest.simulate import write_day

MINUTE, HOUR = 60, 3600
Load = Callable[[Any], Any]


def quiet(log: Any, hours: float, per_minute: int = 6, tenant: str = "acme") -> int:
    """Requests at an even pace that all succeed; how many."""
    calls = int(hours * 60 * per_minute)
    for call in range(calls):
        log.attempt(call * 60 / per_minute, tenant=tenant)
    return calls


def storms(store: Any) -> list[Any]:
    found: list[Any] = store.sql("select * from retry_storms")
    return found


def misconduct(store: Any) -> list[Any]:
    found: list[Any] = store.sql(
        "select tenant_id, finding, cases from conduct_findings where found and severity = 'fault'"
    )
    return found


def test_a_surge_without_retries_is_no_storm(log: Any, load: Load) -> None:
    """Six times the traffic for half an hour; one request in fifty fails, as always."""
    at, calls = 0.0, 0
    while at < 4 * HOUR:
        log.attempt(at, 3001 if calls % 50 == 49 else None)
        at += 1 if 2 * HOUR <= at < 2.5 * HOUR else 6
        calls += 1
    store = load(log)
    assert calls == 2100 + 1800
    assert storms(store) == []
    assert (
        store.sql("select attempts, operations, retries from retry_figures")
        == [(calls, calls, 0)] * 2
    )
    # The surge itself is not lost: the view by minute has it.
    assert store.one("select max(responses) from error_rate_by_minute") == 60


def test_a_surge_with_its_usual_share_of_retries_is_no_storm(log: Any, load: Load) -> None:
    """Six times the traffic brings six times the retries: the share stays at one in ten."""
    at, calls = 0.0, 0
    while at < 4 * HOUR:
        if calls % 10 == 9:
            log.attempt(at, 3001, body=f"b{calls}")
            log.attempt(at + 1.2, body=f"b{calls}")
        else:
            log.attempt(at)
        at += 1 if 2 * HOUR <= at < 2.5 * HOUR else 6
        calls += 1
    store = load(log)
    assert storms(store) == []
    assert store.one("select retries from retry_figures where scope = 'all'") == calls // 10


def test_an_outage_from_which_clients_walk_away_is_no_storm(log: Any, load: Load) -> None:
    """Half an hour in which everything fails, and nobody tries again."""
    for call in range(4 * 60 * 20):
        down = 2 * HOUR <= call * 3 < 2.5 * HOUR
        log.attempt(call * 3, 3002 if down else None)
    store = load(log)
    assert storms(store) == []
    assert store.sql("select outcome, count(*) from operations group by 1 order by 1") == [
        ("gave_up", 600),
        ("succeeded", 4200),
    ]
    ratios = "select min(error_ratio) from error_rate_by_minute where minute {} '2026-11-21 10:15'"
    assert store.one(ratios.format("=")) == 1.0
    assert misconduct(store) == []


def test_the_same_outage_with_clients_that_hammer_is_a_storm(log: Any, load: Load) -> None:
    """The control: the day above, but for five attempts a second apart. It shows that the tests
    above could have failed."""
    for call in range(4 * 60 * 20):
        down = 2 * HOUR <= call * 3 < 2.5 * HOUR
        for attempt in range(5 if down else 1):
            log.attempt(call * 3 + attempt * 0.5, 3002 if down else None, body=f"b{call}")
    store = load(log)
    assert store.sql(
        "select tenant_id, verdict, error_codes, operations, attempts, retries,"
        " started_at::varchar, ended_at::varchar from retry_storms"
    ) == [
        (
            "acme", "amplified outage", [3002], 600, 2999, 2400,
            "2026-11-21 10:00:00.5", "2026-11-21 10:29:59",
        )
    ]  # fmt: skip


def compliant_hours(log: Any, hours: int, tenant: str, room: int, seed: int) -> tuple[int, int]:
    """A tenant that sends 8 a minute and may send `room` an hour; what is refused waits for the
    full hour, as told, and then up to two minutes more. Gives refusals and those never served."""
    chance = random.Random(f"{tenant} {seed}")
    waiting: list[str] = []
    refused = count = 0
    for hour in range(hours):
        left = room
        coming = [(hour * HOUR + 0.2 + chance.random() * 120, body) for body in waiting]
        for place in range(480):
            count += 1
            coming.append((hour * HOUR + place * 7.5 + chance.random(), f"{tenant} {count}"))
        waiting = []
        for at, body in sorted(coming):
            if left:
                left -= 1
                log.attempt(at, tenant=tenant, body=body, key=f"key of {body}")
                continue
            refused += 1
            waiting.append(body)
            to_hour = int(HOUR - at % HOUR) + 1
            key = f"key of {body}"
            log.attempt(at, 4002, tenant=tenant, body=body, key=key, retry_after=to_hour)
    return refused, len(waiting)


def test_where_every_client_is_compliant_there_are_herds_at_most(log: Any, load: Load) -> None:
    """A tenant short of lines, a tenant with passing errors that backs off with jitter, and one
    that is rate-limited and waits as long as it was told."""
    chance = random.Random(1)
    refused, _ = compliant_hours(log, 4, "short", 400, 1)
    for call in range(4 * 60 * 4):
        body, at = f"passing {call}", call * 15.0
        if call % 25 == 0:
            log.attempt(at, 3001, tenant="passing", body=body, key=body)
            at += 0.1 + 0.8 + 0.4 * chance.random()
            if call % 100 == 0:
                log.attempt(at, 3001, tenant="passing", body=body, key=body)
                at += 0.1 + 1.6 + 0.8 * chance.random()
        log.attempt(at, tenant="passing", body=body, key=body)
        if call % 30 == 0:
            limited = f"limited {call}"
            log.attempt(at, 1007, tenant="limited", body=limited, key=limited, retry_after=5)
            at += 5.3 + chance.random()
        log.attempt(at, tenant="limited", body=f"limited {call}", key=f"limited {call}")
    store = load(log)
    assert store.one("select sum(refused)::bigint from saturation_hours") == refused > 500
    assert {verdict for (verdict,) in store.sql("select verdict from retry_storms")} == {
        "top-of-hour herd"
    }
    assert {tenant for (tenant,) in store.sql("select tenant_id from retry_storms")} == {"short"}
    for view in ("early_retries", "retries_of_final_errors", "contract_violations"):
        assert store.one(f"select count(*) from {view}") == 0, view
    assert misconduct(store) == []


def test_a_bulk_job_that_waits_as_told_is_no_storm(log: Any, load: Load) -> None:
    """The rate limit refuses two of three of 140 requests within 15 s; each waits as long as it
    was told and a little more, once. 93 retries after 140 first attempts amplify by 1.7."""
    quiet(log, 3, tenant="bulk")
    chance = random.Random(2)
    for call in range(140):
        at, body = 2 * HOUR + call * 15 / 140, f"bulk {call}"
        if call % 3:
            log.attempt(at, 1007, tenant="bulk", body=body, key=body, retry_after=3)
            at += 0.1 + 3.05 + chance.random()
        log.attempt(at, tenant="bulk", body=body, key=body)
    store = load(log)
    assert store.one("select retries from retry_figures where scope = 'all'") == 93
    assert store.one("select count(*) from early_retries") == 0
    assert misconduct(store) == []
    assert storms(store) == []


def test_two_customers_of_one_tenant_send_the_same(log: Any, load: Load) -> None:
    """Two customers behind one tenant, the same words to the same number."""
    # With keys they are always two, however close.
    log.attempt(0, 3001, body="hello", key="from a")
    log.attempt(2, body="hello", key="from b")
    log.attempt(4, body="hello", key="from a")
    # Without: after a success, a new operation.
    log.attempt(1000, body="sale")
    log.attempt(1003, body="sale")
    # Before the first was answered: two at once, whatever comes of them.
    log.attempt(2000, 3001, body="twin", took_s=1.0)
    log.attempt(2000.5, 3001, body="twin", took_s=1.0)
    # Longer after a failure than any client waits.
    log.attempt(3000, 3001, body="late")
    log.attempt(3000.1 + 61, body="late")
    # Another tenant with the same body.
    log.attempt(4000, 3001, body="same")
    log.attempt(4002, tenant="other", body="same")
    # What cannot be told: after a failure, and soon. Joined, and it says on what evidence.
    log.attempt(5000, 3001, body="doubt")
    log.attempt(5010, body="doubt")
    store = load(log)
    assert store.sql(
        "select chain_basis, attempts, count(*) from operations group by all order by all"
    ) == [
        ("fingerprint", 1, 8),
        ("fingerprint", 2, 1),
        ("idempotency_key", 1, 1),
        ("idempotency_key", 2, 1),
    ]
    assert store.one("select count(*) from early_retries") == 0
    assert storms(store) == []


def test_clocks_two_seconds_apart(log: Any, load: Load) -> None:
    """Every second attempt meets a host whose clock is two seconds behind. No response is lost or
    counted twice, and nobody who waited as told is blamed."""
    calls = 600
    for call in range(calls):
        at, body = call * 12.0, f"b{call}"
        behind: dict[str, Any] = {"clock_s": -2.0, "host": "chert-api-2"}
        if call % 4 == 0:  # told 10 s, waits 10.5: on the clocks 8.4
            log.attempt(at, 1007, body=body, key=body, retry_after=10)
            log.attempt(at + 0.1 + 13.0, body=body, key=body, **behind)
        elif call % 4 == 1:  # backs off for 4 s, with a key and without
            log.attempt(at, 3001, body=body, key=body if call % 8 == 1 else None)
            key = body if call % 8 == 1 else None
            log.attempt(at + 4.1, body=body, key=key, **behind)
        elif call % 4 == 2:  # after 1.5 s: on the clocks, before it was refused
            log.attempt(at, 3001, body=body, key=body)
            log.attempt(at + 1.6, body=body, key=body, **behind)
        else:
            log.attempt(at, body=body)
    store = load(log)
    assert store.one("select count(*) from responses") == calls + 450
    assert store.one("select sum(errors)::bigint from errors_by_code") == 450
    assert store.one("select count(*) from early_retries") == 0
    # Nothing is made up: never more in one operation than there was.
    assert store.one("select max(attempts) from operations") == 2
    # Waits longer than the clocks differ by are right, with a key and without.
    assert store.one("select count(*) from responses where attempt = 2") >= 300
    assert storms(store) == []
    assert [found for found in misconduct(store) if found[1] != "missing_key"] == []


def test_clocks_that_put_the_success_first_make_two_operations_of_one(log: Any, load: Load) -> None:
    """Refused at 0.1 s, tried again 1 s later on a host two seconds behind: by the clocks, the
    success came first, and an attempt after a success starts anew. No line says otherwise: this
    is a limit of what logs can tell, and stands among the limits in ARCHITECTURE.md."""
    for call in range(30):
        body = f"b{call}"
        log.attempt(call * 60 + 10, 3001, body=body, key=body)
        log.attempt(call * 60 + 11.1, body=body, key=body, clock_s=-2.0, host="chert-api-2")
    store = load(log)
    assert store.one("select count(*) from operations where attempts = 1") == 60
    assert store.one("select count(*) from retry_storms") == 0


def test_a_storm_ends_with_its_last_retries(log: Any, load: Load) -> None:
    """Twelve minutes of hammering until 10:11:53, and one lone retry at 10:14:20, after another
    error: it is no part of the storm."""
    quiet(log, 4)
    for call in range(12 * 6):
        for attempt in range(6):
            at, body = 2 * HOUR + call * 10 + attempt * 0.6, f"b{call}"
            log.attempt(at, 4002, body=body, key=body, retry_after=1800)
    log.attempt(2 * HOUR + 858.8, 3001, body="lone", key="lone")
    log.attempt(2 * HOUR + 860, body="lone", key="lone")
    store = load(log)
    assert store.sql("select ended_at::varchar, retries, operations from retry_storms") == [
        ("2026-11-21 10:11:53", 360, 72 + 71)
    ]


def saturated_log(log: Any) -> None:
    """Hours 08 to 10: 4002 from minute 51 of hour 09 on; all of it comes back at 10:00."""
    quiet(log, 3, per_minute=2)
    for call in range(60):
        at, body = 1.85 * HOUR + call * 9, f"late {call}"
        log.attempt(at, 4002, body=body, retry_after=int(2 * HOUR - at) + 1)
        log.attempt(2 * HOUR + 2 + call / 10, body=body)


def test_the_last_hour_of_the_log_is_missing(
    log: Any, tmp_path: Path, new_store: Callable[[str], Any]
) -> None:
    """Loaded without the files of the last hour: nothing is said of what cannot be known; and
    once they come, all is as if they had come at once."""
    saturated_log(log)
    *early, last = sorted(log.write(tmp_path / "app"))
    store, whole = new_store("data"), new_store("whole")
    store.ingest(*early)
    assert store.sql("select hour::varchar, refused, unmet_operations, relief, herd_lift"
                     " from saturation_hours") == [
        ("2026-11-21 09:00:00", 60, 60, "unknown", None)
    ]  # fmt: skip
    assert store.sql("select outcome, count(*) from operations where attempts = 1"
                     " and first_error_code = 4002 group by 1") == [("open", 60)]  # fmt: skip
    assert storms(store) == []
    assert store.one("select gave_up from retry_figures where scope = 'all'") == 0
    store.ingest(last)
    whole.ingest(*early, last)
    assert store.sql("select relief, herd_lift from saturation_hours") == [("relieved", 60.0)]
    assert store.sql("select verdict, retries from retry_storms") == [("top-of-hour herd", 60)]
    assert store.everything() == whole.everything()


def test_half_the_lines_are_cut_short(tmp_path: Path, new_store: Callable[[str], Any]) -> None:
    """Of every two lines of a day one breaks off in its middle. What is left is understood, and
    nothing is made up from the gaps."""
    write_day(tmp_path / "logs", seed=11, hours=3, rps=0.7)
    whole, half = new_store("whole"), new_store("half")
    whole.ingest(tmp_path / "logs" / "app")
    chance = random.Random(3)
    cut = tmp_path / "cut"
    cut.mkdir()
    lines = broken = 0
    for path in whole.sql("select path from sources where status = 'loaded'"):
        data = Path(path[0]).read_bytes()
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        kept = data.splitlines()
        # One of each two: a file in which more than half is broken would be refused whole.
        for place in range(0, len(kept) - 1, 2):
            which = place + chance.randrange(2)
            kept[which] = kept[which][: len(kept[which]) // 2]
            broken += 1
        lines += len(kept)
        (cut / Path(path[0]).name.removesuffix(".gz")).write_bytes(b"\n".join(kept) + b"\n")
    half.ingest(cut)
    assert half.sql("select sum(lines)::bigint, sum(rejected)::bigint from sources") == [
        (lines, broken)
    ]
    assert half.one("select count(*) from rejected_lines where reason <> 'json'") == 0

    def rows(store: Any, query: str) -> set[Any]:
        return set(store.sql(query))

    answers = "select trace_id, occurred_at, error_code, retryable, tenant_id from responses"
    assert rows(half, answers) < rows(whole, answers)
    violations = "select kind, trace_id from contract_violations where kind <> 'flapping_retryable'"
    assert rows(half, violations) <= rows(whole, violations)
    # A retry found is one: its operation is one of the whole day's.
    together = """
        select f.trace_id, r.trace_id from responses as r
        inner join responses as f on f.response_id = r.operation_id
        where r.attempt > 1 and r.chain_basis = 'idempotency_key'
    """
    joined = {
        (one, other)
        for one, other in whole.sql(
            "select a.trace_id, b.trace_id from responses as a inner join responses as b"
            " using (operation_id) where a.attempt < b.attempt"
        )
    }
    assert rows(half, together) <= joined and rows(half, together)
    silent = {
        tenant["tenant_id"]
        for tenant in json.loads((tmp_path / "logs" / "truth.json").read_text())["tenants"]
        if tenant["manner"] == "never_retries"
    }
    assert not silent & {tenant for (tenant,) in half.sql("select tenant_id from retry_storms")}


def test_a_chain_across_midnight_loaded_on_two_nights(
    log: Any, tmp_path: Path, new_store: Callable[[str], Any]
) -> None:
    """Chains with and without a key, 4002 and the herd that follows, in two loads and in one."""
    quiet(log, 18, per_minute=1)
    midnight = 16 * HOUR
    log.attempt(midnight - 1, 3001, body="keyless")
    log.attempt(midnight + 1, 3001, body="keyless")
    log.attempt(midnight + 4, body="keyless")
    log.attempt(midnight - 5 * HOUR, 3001, body="keyed", key="one")
    log.attempt(midnight + HOUR, body="keyed", key="one")
    log.attempt(midnight - 0.05, 1001, body="in flight")  # received before midnight, sent after
    for call in range(60):
        at, body = midnight - 500 + call * 8, f"refused {call}"
        log.attempt(at, 4002, body=body, retry_after=int(midnight - at) + 1)
        log.attempt(midnight + 1 + call / 10, body=body)
    files = sorted(log.write(tmp_path / "app"))
    nights = [p for p in files if "-21T" in p.name], [p for p in files if "-22T" in p.name]
    assert all(nights)
    two, one, backwards = new_store("two"), new_store("one"), new_store("backwards")
    for night in nights:
        two.ingest(*night)
    for night in reversed(nights):
        backwards.ingest(*night)
    one.ingest(*files)
    assert two.everything() == one.everything() == backwards.everything()
    assert two.sql("select attempts, count(*) from operations group by 1 having attempts > 1"
                   " order by 1") == [(2, 61), (3, 1)]  # fmt: skip
    assert two.sql("select verdict, retries from retry_storms") == [("top-of-hour herd", 62)]
    assert two.sql("select hour::varchar, refused, unmet_operations, relief"
                   " from saturation_hours") == [
        ("2026-11-21 23:00:00", 60, 60, "relieved")
    ]  # fmt: skip


@pytest.mark.parametrize("mints", [True, False])
def test_a_client_that_mints_a_key_for_every_attempt(log: Any, load: Load, mints: bool) -> None:
    """Different keys never share an operation, so its retries cannot be counted; what it does is
    told in its report card instead. With one key for all attempts, the same day has the retries."""
    quiet(log, 2)
    for call in range(60):
        for attempt in range(3):
            key = f"key {call}" + (f" {attempt}" if mints else "")
            code = 3001 if attempt < 2 else None
            at = HOUR + call * 30 + attempt * (attempt + 1) * 1.1
            log.attempt(at, code, body=f"b{call}", key=key)
    store = load(log)
    (operations, amplification, retries), *_ = store.sql(
        "select operations, amplification, retries from retry_figures where scope = 'all'"
    )
    found = {(tenant, name): cases for tenant, name, cases in misconduct(store)}
    if mints:
        assert (operations, amplification, retries) == (720 + 180, 1.0, 0)
        assert found == {("acme", "minted_keys"): 120}
    else:
        assert (operations, retries) == (720 + 60, 120)
        assert found == {}
    assert store.one("select count(*) from early_retries") == 0
