"""The report card of a client: each check on a few requests whose numbers are worked out here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import duckdb
import pytest

from .conftest import fill_retries

Row = Callable[..., None]
Client = Callable[..., None]
START = datetime(2026, 11, 21, 10, 0)
LOST = {"is_error": True, "error_code": 3001, "retryable": True, "http_status": 500}
REFUSED = {"is_error": True, "error_code": 4002, "retryable": True, "http_status": 503}
FINAL = {"is_error": True, "error_code": 1001, "retryable": False, "http_status": 400}


def refresh(con: duckdb.DuckDBPyConnection, *touched: tuple[str, datetime]) -> None:
    """Run the transform for these tenants and hours; for all there are without any."""
    transforms = files("chertlog.queries") / "transforms"
    con.execute((transforms / "engine.sql").read_text("utf-8"))
    con.execute(
        """
        create or replace temp table touched_hour as
        select tenant_id, date_trunc('hour', received_at) as hour from store.response
        union
        select tenant_id, date_trunc('hour', occurred_at) as hour from store.response
        """
    )
    if touched:
        con.execute("delete from touched_hour")
        con.executemany("insert into touched_hour values ($1, $2)", [list(one) for one in touched])
    span = (transforms / "touched_span.sql").read_text("utf-8")
    lowest, highest = con.execute(span).fetchall()[0]
    con.execute("set variable touched_from_at = $1", [lowest])
    con.execute("set variable touched_to_at = $1", [highest])
    fill_retries(con)
    con.execute((transforms / "refresh_conduct.sql").read_text("utf-8"))


@pytest.fixture
def client(response: Row) -> Client:
    """Let a client make one operation: answers, and the seconds it waited before each retry.

    Answers take no time. `at` is seconds after 10:00; rows are numbered on.
    """
    rows = iter(range(1, 100_000))

    def operate(at: float, answers: list[dict[str, Any]], *waits: float, **row: Any) -> None:
        assert len(answers) == len(waits) + 1
        first, moment = None, START + timedelta(seconds=at)
        for attempt, answer in enumerate(answers, start=1):
            number = next(rows)
            first = first or number
            wait = waits[attempt - 2] if attempt > 1 else None
            moment += timedelta(seconds=wait or 0)
            fields: dict[str, Any] = {
                "http_method": "POST",
                "body_hash": first,
                "idempotency_key": first,
                "recipient": 1,
                "chain_basis": "idempotency_key",
                "operation_id": first,
                "chain_key": first,
                "attempt": attempt,
                "waited_ms": None if wait is None else round(wait * 1000),
            }
            response(number, str(moment), **{**fields, **answer, **row})

    return operate


def card(con: duckdb.DuckDBPyConnection, tenant: str = "acme") -> dict[str, Any]:
    result = con.execute("select * from client_conduct where tenant_id = $1", [tenant])
    names = [column[0] for column in result.description or ()]
    [row] = result.fetchall()
    return dict(zip(names, row, strict=True))


def finding(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    [found] = [one for one in card(con)["details"] if one["finding"] == name]
    return dict(found)


def test_a_client_that_does_as_asked_is_good(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    for n in range(20):
        client(100 * n, [LOST, LOST, LOST, {}], 0.9 + n / 100, 1.8 + n / 100, 3.6 + n / 100)
    client(2500, [REFUSED | {"retry_after_s": 60}, {}], 61)
    refresh(con)
    found = card(con)
    assert (found["responses"], found["operations"], found["retries"]) == (82, 21, 61)
    assert (found["verdict"], found["grade"], found["findings"]) == ("good", "A", [])
    assert found["judged"] is True
    # The tenth of twenty: 0.99 s, 1.89 s, 3.69 s; classes are 16, 32 and 64 ms wide.
    medians = [found[f"median_wait_{n}_s"] for n in (1, 2, 3)]
    assert medians == [0.976, 1.888, 3.648]
    assert found["paragraph"] == (
        "We looked at how your client deals with errors on 21 November 2026 (UTC): 82 requests, "
        "61 of them retries. It does what the API reference asks: there is nothing to change. "
        "Thank you!"
    )


def test_the_paragraph_of_a_client_that_hammers(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    refused = REFUSED | {"retry_after_s": 600}
    client(0, [refused] * 6 + [{}], *[0.1] * 6)
    for n in range(1, 6):
        client(60 * n, [refused] * 7, *[0.1] * 6)
    refresh(con)
    found = card(con)
    assert (found["retries"], found["told_retries"]) == (36, 36)
    assert (found["early_retries"], found["early_succeeded"]) == (36, 1)
    assert (found["immediate_retries"], found["hasty_retries"]) == (36, 36)
    assert found["uncapped_operations"] == 6
    # Six first waits are too few to judge whether they vary.
    assert found["findings"] == ["early_retries", "no_backoff", "immediate_retries", "no_cap"]
    assert (found["verdict"], found["grade"]) == ("misbehaves", "E")
    assert [found[f"median_wait_{n}_s"] for n in (1, 2, 3)] == [0.1, 0.1, 0.1]
    assert finding(con, "early_retries")["trace_ids"] == ["trace2", "trace3", "trace4"]
    assert finding(con, "no_cap")["trace_ids"] == ["trace6", "trace13", "trace20"]
    said = found["paragraph"]
    assert (
        "36 of 36 retries came before the time given in retry_after was over "
        "(for example trace2, trace3, trace4); 1 of them were accepted all the same."
    ) in said
    assert (
        "the median wait was 0.10 s before a second attempt, 0.10 s before a third, "
        "0.10 s before later ones."
    ) in said
    assert "6 of 6 requests that were retried were tried more than 5 times" in said


def test_early_retries_that_were_accepted_are_no_fault(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    """The server asked for too long a wait; they are counted all the same."""
    for n in range(20):
        client(60 * n, [REFUSED | {"retry_after_s": 30}, {}], 10 + n / 10)
    refresh(con)
    found = card(con)
    assert (found["early_retries"], found["early_succeeded"]) == (20, 20)
    assert found["findings"] == []


@pytest.mark.parametrize(("early", "is_found"), [(3, False), (4, True)])
def test_a_share_is_a_fault_only_if_it_surely_is(
    con: duckdb.DuckDBPyConnection, client: Client, early: int, is_found: bool
) -> None:
    """Wilson's lower end: 3 of 27 is 3.9 %, 4 of 27 is 5.9 %."""
    refused = REFUSED | {"retry_after_s": 30}
    for n in range(27):
        wait = 20 + n / 10 if n < early else 31 + n / 10
        client(90 * n, [refused, refused], wait)
    refresh(con)
    assert finding(con, "early_retries")["found"] is is_found
    assert (finding(con, "early_retries")["cases"], card(con)["told_retries"]) == (early, 27)


def test_retries_of_final_errors_but_for_the_excusable(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    wait = FINAL | {"error_code": 1012}
    for n in range(20):
        client(120 * n, [wait, {}], 60 + n / 10)
    client(3000, [wait, {}], 59)
    refresh(con)
    found = card(con)
    assert (found["retries_of_final_errors"], found["excusable_retries"]) == (21, 20)
    assert finding(con, "retries_of_final_errors")["cases"] == 1
    assert found["findings"] == []


def test_a_client_that_repeats_final_errors(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    for n in range(20):
        client(120 * n, [FINAL, FINAL], 2 + n / 10)
    refresh(con)
    found = card(con)
    # Their waits say nothing about back-off: there was nothing to wait for.
    assert found["findings"] == ["retries_of_final_errors"]
    assert (found["grade"], found["hasty_retries"]) == ("C", 0)
    assert "20 of 20 retries repeated a request" in found["paragraph"]


@pytest.mark.parametrize(
    ("code", "wait", "hasty", "is_found"),
    [
        (3001, 0.3, 60, True),
        (3001, 0.5, 40, True),  # enough for the first of three steps only
        (3001, 0.9, 20, True),
        (3001, 1.6, 0, False),
        (4001, 0.3, 60, True),
        (4001, 0.5, 0, False),  # a short delay need not grow
    ],
)
def test_back_off_by_what_the_reference_asks_for(
    con: duckdb.DuckDBPyConnection,
    client: Client,
    code: int,
    wait: float,
    hasty: int,
    is_found: bool,
) -> None:
    failed = LOST | {"error_code": code}
    for n in range(20):
        client(100 * n, [failed] * 4, *[wait * (1 + n % 5 / 100)] * 3)
    refresh(con)
    assert card(con)["hasty_retries"] == hasty
    found = [one for one in card(con)["details"] if one["finding"] == "no_backoff"]
    assert [one["found"] for one in found] == ([is_found] if hasty else [])


def test_full_jitter_is_back_off(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    """Waits spread evenly over 0-1, 0-2 and 0-4 s: two fifths are short, and that is meant so."""
    for n in range(20):
        share = (n + 0.5) / 20
        client(100 * n, [LOST] * 4, share, 2 * share, 4 * share)
    refresh(con)
    assert finding(con, "no_backoff")["cases"] == 24
    assert finding(con, "no_backoff")["found"] is False
    assert "no_jitter" not in card(con)["findings"]


@pytest.mark.parametrize(("spread", "is_found"), [(0.0, True), (0.08, True), (0.2, False)])
def test_jitter(
    con: duckdb.DuckDBPyConnection, client: Client, spread: float, is_found: bool
) -> None:
    """Even over ±s the variation is s/√3: 4.8 % for ±8 %, less than a twentieth."""
    for n in range(20):
        client(100 * n, [LOST, {}], 1 + spread * (2 * (n + 0.5) / 20 - 1))
    refresh(con)
    assert card(con)["findings"] == (["no_jitter"] if is_found else [])
    assert card(con)["wait_variation"] == pytest.approx(spread / 3**0.5, abs=0.006)


@pytest.mark.parametrize(("spread_s", "is_found"), [(3, True), (19, True), (60, False)])
def test_synchronised_at_the_full_hour(
    con: duckdb.DuckDBPyConnection, client: Client, spread_s: float, is_found: bool
) -> None:
    """Refused at 10:30 and told to come at 11:00; a client that spreads is none, told so or not."""
    for n in range(20):
        client(1800, [REFUSED | {"retry_after_s": 1800}, {}], 1800 + spread_s * n / 20)
    client(1900, [REFUSED | {"retry_after_s": 1700}, {}], 1800)
    refresh(con)
    found = card(con)
    assert found["findings"] == (["synchronised"] if is_found else [])
    assert found["grade"] == ("B" if is_found else "A")
    # 20 of 21 in minute 0.
    assert found["herd_lift"] == pytest.approx(60 * 20 / 21)


def test_requests_without_a_key(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    bare = {"idempotency_key": None, "chain_basis": "fingerprint"}
    for n in range(20):
        client(100 * n, [LOST, {}], 1 + n / 20, **bare)
    # Not asked for a key there; nothing known of the request; not a POST.
    client(2100, [{}], **bare, http_route="/api/v1/attachments")
    client(2200, [{}], **bare | {"body_hash": None, "chain_basis": "weak_fingerprint"})
    client(2300, [{}], **bare, http_method="GET", http_route="/api/v1/chats")
    client(2400, [{}])
    refresh(con)
    found = card(con)
    assert (found["key_requests"], found["keyless_requests"]) == (41, 40)
    assert found["keyless_retries"] == 20
    assert (found["findings"], found["verdict"]) == (["missing_key"], "misbehaves")
    assert finding(con, "missing_key")["trace_ids"] == ["trace2", "trace4", "trace6"]
    assert "40 of 41 requests to POST /api/v1/send and POST /api/v1/chats" in found["paragraph"]


def test_without_retries_a_missing_key_is_advice(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    for n in range(20):
        client(100 * n, [{}], idempotency_key=None, chain_basis="fingerprint")
    refresh(con)
    found = card(con)
    assert (found["judged"], found["verdict"], found["grade"]) == (False, "could improve", "B")
    assert found["findings"] == ["missing_key"]


def test_a_key_minted_for_each_attempt(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    for n in range(20):
        body = 1000 + n
        client(100 * n, [LOST], body_hash=body, idempotency_key=10 * body)
        client(100 * n + 30, [{}], body_hash=body, idempotency_key=10 * body + 1)
    # Not so: too late, another body, another caller, after a success.
    client(2200, [LOST], body_hash=1, idempotency_key=1)
    client(2261, [{}], body_hash=1, idempotency_key=2)
    client(2300, [LOST], body_hash=2, idempotency_key=3)
    client(2310, [{}], body_hash=3, idempotency_key=4)
    client(2310, [{}], body_hash=2, idempotency_key=5, tenant_id="birch")
    client(2400, [{}], body_hash=4, idempotency_key=6, recipient=None)
    client(2410, [{}], body_hash=4, idempotency_key=7, recipient=None)
    refresh(con)
    found = card(con)
    assert (found["minted_keys"], found["findings"]) == (20, ["minted_keys"])
    assert finding(con, "minted_keys")["trace_ids"] == ["trace2", "trace4", "trace6"]
    assert card(con, "birch")["minted_keys"] == 0


def test_a_minted_key_after_4002_is_found_in_the_next_hour(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    client(3000, [REFUSED], body_hash=1, idempotency_key=1)
    client(3700, [REFUSED], body_hash=1, idempotency_key=2)
    client(8100, [{}], body_hash=1, idempotency_key=3)  # 15 min after the next full hour
    client(10800, [REFUSED], body_hash=2, idempotency_key=1)
    client(15301, [{}], body_hash=2, idempotency_key=2)  # a second later than that
    refresh(con)
    assert card(con)["minted_keys"] == 2


def test_duplicate_sends_are_suspected_where_a_key_protects_nothing(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    bare = {"idempotency_key": None, "chain_basis": "fingerprint"}
    client(0, [{}], **bare, body_hash=1)
    client(600, [{}], **bare, body_hash=1)
    client(1201, [{}], **bare, body_hash=1)  # a second too late
    client(2000, [{}], body_hash=2, idempotency_key=1)
    client(2001, [{}], body_hash=2, idempotency_key=1)  # a replay under one key
    client(2002, [{}], body_hash=2, idempotency_key=2)
    client(2003, [LOST], body_hash=3, idempotency_key=3)
    client(2004, [{}], body_hash=3, idempotency_key=3)
    client(2100, [{}], **bare, body_hash=4, recipient=None)
    client(2101, [{}], **bare, body_hash=4, recipient=None)  # no message
    refresh(con)
    found = card(con)
    assert found["duplicate_sends"] == 2
    assert finding(con, "duplicate_sends")["trace_ids"] == ["trace2", "trace6"]
    assert (
        "accepted twice within 10 minutes twice (for example trace2, trace6)"
        in (found["paragraph"])
    )
    # Suspects count for no grade.
    assert "duplicate_sends" not in found["findings"]


def test_two_sends_under_two_keys_were_meant(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    client(0, [{}], body_hash=1, idempotency_key=1)
    client(10, [{}], body_hash=1, idempotency_key=2)
    refresh(con)
    assert card(con)["duplicate_sends"] == 1
    assert finding(con, "duplicate_sends")["found"] is False


def test_a_signature_that_grew_old(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    stale, wrong = FINAL | {"error_code": 2013}, FINAL | {"error_code": 2004}
    client(0, [REFUSED, stale], 1900)
    client(100, [LOST, wrong], 1)
    client(200, [stale, stale], 1)  # was stale before
    client(300, [LOST, FINAL], 1)
    refresh(con)
    found = card(con)
    assert (found["stale_signatures"], found["findings"]) == (2, ["stale_signatures"])
    # In order of time: the one after the long wait came last.
    assert finding(con, "stale_signatures")["trace_ids"] == ["trace4", "trace2"]


def test_what_hubspot_loses(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    hubspot = {"surface": "hubspot", "http_route": "/api/hubspot/webhook", "recipient": None}
    kept = LOST | {"http_status": 200}
    client(0, [kept], **hubspot)
    client(100, [kept, {}], 1, **hubspot)  # somebody came again
    client(200, [kept, kept], 1, **hubspot)  # and lost it after all
    client(300, [LOST], **hubspot)  # HubSpot repeats a 500
    client(400, [FINAL | {"http_status": 200}], **hubspot)
    client(500, [kept])
    refresh(con)
    found = card(con)
    assert found["lost_retryables"] == 2
    assert finding(con, "lost_retryables")["trace_ids"] == ["trace1", "trace5"]
    # What HubSpot repeats is not the customer's client.
    assert found["retries"] == 0


def test_slack_and_hubspot_retry_by_their_own_rules(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    for n in range(30):
        surface = "slack" if n % 2 else "hubspot"
        client(10 * n, [FINAL, FINAL], 0, surface=surface, http_route=f"/api/{surface}/x")
    refresh(con)
    found = card(con)
    assert (found["retries"], found["verdict"], found["findings"]) == (0, "not judged", [])
    assert found["retries_of_final_errors"] == 0


def test_what_support_wants_to_know(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    client(0, [LOST] * 4, 1, 2, 4)
    client(100, [LOST] * 5, 1, 2, 4, 8)
    client(200, [LOST] * 3, 1, 2)
    client(300, [LOST] * 4 + [{}], 1, 2, 4, 8)
    client(400, [LOST, LOST, REFUSED, LOST], 1, 2, 4)
    client(500, [REFUSED, LOST, LOST, LOST], 1, 2, 4)
    client(600, [FINAL | {"error_code": 3003}])
    refresh(con)
    found = card(con)
    assert (found["persistent_3001"], found["not_configured_3003"]) == (2, 1)
    assert finding(con, "persistent_3001")["trace_ids"] == ["trace4", "trace8"]
    assert "failed with 3001 in four attempts or more twice (for example" in found["paragraph"]
    assert "We answered 3003 once (for example" in found["paragraph"]
    # Our faults are not held against the client.
    assert found["findings"] == []


@pytest.mark.parametrize(
    ("strong", "weak", "judged"), [(19, 0, False), (19, 5, False), (20, 0, True), (20, 5, True)]
)
def test_few_or_weak_retries_are_not_judged(
    con: duckdb.DuckDBPyConnection, client: Client, strong: int, weak: int, judged: bool
) -> None:
    for n in range(strong):
        client(10 * n, [FINAL, FINAL], 1 + n / 10)
    for n in range(weak):
        client(1000 + 10 * n, [FINAL, FINAL], 1, chain_basis="weak_fingerprint")
    refresh(con)
    found = card(con)
    assert (found["retries"], found["weak_retries"]) == (strong + weak, weak)
    assert found["judged"] is judged
    assert found["findings"] == (["retries_of_final_errors"] if judged else [])
    if not judged:
        assert (found["verdict"], found["grade"]) == ("not judged", None)
        assert "too few retries to judge" in found["paragraph"]


def test_a_paragraph_speaks_of_one_tenant_only(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    for n in range(20):
        client(100 * n, [FINAL, FINAL], 1)
        client(100 * n, [REFUSED | {"retry_after_s": 60}] * 2, 1, tenant_id="birch")
    refresh(con)
    acme, birch = card(con), card(con, "birch")
    assert (acme["findings"], birch["early_retries"]) == (["retries_of_final_errors"], 20)
    theirs = set(con.execute("select trace_id from responses where tenant_id = 'birch'").fetchall())
    assert not any(trace in acme["paragraph"].split() for (trace,) in theirs)
    assert "birch" not in acme["paragraph"] and "acme" not in birch["paragraph"]


def test_examples_come_from_different_hours(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    for hour in (0, 0, 0, 1, 1):
        client(3600 * hour, [FINAL, FINAL], 1)
    refresh(con)
    assert finding(con, "retries_of_final_errors")["trace_ids"] == ["trace2", "trace8", "trace4"]


def test_any_order_of_batches_gives_the_same(
    con: duckdb.DuckDBPyConnection, client: Client
) -> None:
    """Hours are renewed one by one, and those after them that look back."""
    for n in range(12):
        client(900 * n, [REFUSED], body_hash=7, idempotency_key=n)
        client(900 * n + 1, [LOST, FINAL], 0.1, body_hash=8, idempotency_key=100 + n)
        client(900 * n + 2, [{}], body_hash=9, idempotency_key=None, chain_basis="fingerprint")
        client(900 * n + 600, [{}], body_hash=9, idempotency_key=None, chain_basis="fingerprint")
    refresh(con)
    query = "select * from store.conduct_hour order by all"
    whole = con.execute(query).fetchall()
    assert {row[2] for row in whole} >= {"minted_keys", "duplicate_sends", "immediate_retries"}
    con.execute("create table memory.main.kept as select * from store.response")
    con.execute("delete from store.response; delete from store.conduct_hour")
    con.execute("delete from store.conduct_wait")
    for hour in (2, 0, 1):
        moment = START + timedelta(hours=hour)
        con.execute(
            "insert into store.response from memory.main.kept "
            "where date_trunc('hour', received_at) = $1",
            [moment],
        )
        refresh(con, ("acme", moment))
    assert con.execute(query).fetchall() == whole
