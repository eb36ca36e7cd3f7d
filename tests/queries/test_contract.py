"""Every kind of contract violation, on answers written by hand, and answers that break nothing."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import duckdb
import pytest

Row = Callable[..., None]
DAY = "2026-11-21 "
# A 1001 as the reference has it, on a route with the standard envelope.
HONEST: dict[str, Any] = {
    "http_route": "/api/v1/phone-numbers",
    "http_method": "GET",
    "http_status": 400,
    "is_error": True,
    "error_code": 1001,
    "retryable": False,
    "error_message": "Missing required field: phone",
    "envelope": "standard",
    "code_as_string": False,
    "body_status": 400,
    "body_success": False,
    "body_trace_ok": True,
    "header_trace_ok": True,
}
LIMITED = {
    "http_status": 429,
    "body_status": 429,
    "error_code": 1007,
    "retryable": True,
    "retry_after_s": 30,
    "retry_after_header_s": 30,
}
EFFECT = {"error_code": 4098, "allowed_effects": ["heart"]}
SEND = {"http_route": "/api/v1/send", "http_method": "POST", "envelope": "send_flat"}
FLAT = {"body_status": None, "body_success": None}
HUBSPOT = {
    "surface": "hubspot",
    "http_route": "/api/hubspot/webhook",
    "envelope": "hubspot_webhook",
    "http_status": 200,
    "body_status": None,
}
WORKFLOW = {"http_route": "/api/hubspot/workflow/send", "envelope": "hubspot_workflow"}
SALESFORCE = {
    "surface": "salesforce",
    "http_route": "/api/salesforce/send",
    "envelope": "ok_flag",
    "body_status": None,
}
EDGE_ONLY: dict[str, Any] = dict.fromkeys(HONEST) | {"http_status": 503, "seen_in": 2}
# What an OTLP record holds of an error.
OTLP_ONLY = dict.fromkeys(
    ["error_message", "envelope", "code_as_string", "body_status", "body_success", "body_trace_ok"]
) | {"header_trace_ok": None, "seen_in": 4}


def refresh(con: duckdb.DuckDBPyConnection, *touched: tuple[str | None, str]) -> None:
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
    lowest, highest = con.execute((transforms / "touched_span.sql").read_text("utf-8")).fetchall()[
        0
    ]
    con.execute("set variable touched_from_at = $1", [lowest])
    con.execute("set variable touched_to_at = $1", [highest])
    con.execute((transforms / "refresh_contract_violations.sql").read_text("utf-8"))


def kinds(con: duckdb.DuckDBPyConnection) -> list[str]:
    query = "select kind from contract_violations order by kind"
    return [kind for (kind,) in con.execute(query).fetchall()]


def detail(con: duckdb.DuckDBPyConnection) -> str:
    [(found,)] = con.execute("select detail from contract_violations").fetchall()
    return str(found)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        LIMITED,
        EFFECT,
        HUBSPOT,
        HUBSPOT | WORKFLOW,
        # HubSpot's own statuses stay as they are for credentials; elsewhere it may say either.
        HUBSPOT | {"http_status": 401, "error_code": 2013},
        HUBSPOT | {"http_route": "/api/hubspot/oauth", "envelope": "hubspot_workflow"},
        # The body may repeat a status that HubSpot must not see on the wire.
        HUBSPOT | {"body_status": 400},
        SALESFORCE,
        SEND | FLAT,
        {"error_code": 1002, "attachment_index": 0},
        {"error_code": 5001, "attachment_index": 2, "http_status": 404, "body_status": 404},
        # An override is no violation, nor is either status of a code that has two.
        {"error_code": 3003, "retryable": True, "http_status": 500, "body_status": 500},
        {"error_code": 3003, "http_status": 503, "body_status": 503},
        # Quoted words are the caller's, and names of the reference are public.
        {"error_code": 4098, **EFFECT, "error_message": "Unknown effect: 'FIRE_WORKS'"},
        {"error_message": "PROVIDER_NOT_CONFIGURED"},
        {"error_message": "Phone number [number] is not assigned, use E.164 as in JSON"},
        {"surface": "other", "envelope": "send_flat", **FLAT},
        # A gateway's error has no body: nothing is missing from it.
        dict.fromkeys(HONEST)
        | {
            "is_error": True,
            "http_status": 502,
            "header_trace_ok": True,
            "http_route": "/api/v1/x",
        },
        {"is_error": False, "http_status": 200, "error_code": None, "envelope": None}
        | {"retryable": None, "body_trace_ok": None},
        EDGE_ONLY,
        EDGE_ONLY | {"retry_after_header_s": 7},
        OTLP_ONLY,
        OTLP_ONLY | LIMITED | {"retry_after_header_s": None},
        OTLP_ONLY | EFFECT | {"allowed_effects": None},
    ],
)
def test_what_the_reference_allows(
    con: duckdb.DuckDBPyConnection, response: Row, fields: dict[str, Any]
) -> None:
    response(1, DAY + "10:00", **{**HONEST, **fields})
    refresh(con)
    assert kinds(con) == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("undocumented_code", {"error_code": 2009}),
        ("undocumented_code", OTLP_ONLY | {"error_code": 4100}),
        # Of a code that nobody documented, no other rule is known.
        ("undocumented_code", {"error_code": 2009, "retry_after_s": 5, "retry_after_header_s": 5}),
        ("missing_retryable", {"retryable": None}),
        ("missing_retryable", OTLP_ONLY | {"retryable": None}),
        ("missing_code", {"error_code": None, "code_as_string": None}),
        ("missing_code", OTLP_ONLY | {"error_code": None}),
        ("code_as_string", {"code_as_string": True}),
        ("code_as_string", {"code_as_string": True, "error_code": None}),
        ("undocumented_status", {"http_status": 422, "body_status": 422}),
        ("undocumented_status", SEND | FLAT | {"http_status": 200}),
        ("undocumented_status", SALESFORCE | {"http_status": 200}),
        ("undocumented_status", HUBSPOT | {"http_status": 201}),
        ("undocumented_status", OTLP_ONLY | {"http_status": 500}),
        ("status_mismatch", {"body_status": 409}),
        ("trace_id_mismatch", {"body_trace_ok": False}),
        ("trace_id_mismatch", {"header_trace_ok": False}),
        ("trace_id_mismatch", {"body_trace_ok": False, "header_trace_ok": False}),
        ("missing_trace_id", {"body_trace_ok": None}),
        ("missing_trace_header", {"header_trace_ok": None}),
        (
            "missing_trace_header",
            dict.fromkeys(HONEST) | {"is_error": False, "http_status": 200},
        ),
        ("retry_after_mismatch", LIMITED | {"retry_after_header_s": 31}),
        ("retry_after_mismatch", LIMITED | {"retry_after_header_s": None}),
        ("missing_retry_after", LIMITED | {"retry_after_s": None, "retry_after_header_s": None}),
        ("missing_retry_after", LIMITED | {"retry_after_s": None}),
        ("missing_retry_after", OTLP_ONLY | LIMITED | {"retry_after_s": None}),
        ("unexpected_retry_after", {"retry_after_s": 5, "retry_after_header_s": 5}),
        ("unexpected_retry_after", {"retry_after_header_s": 5}),
        ("attachment_index", {"attachment_index": 0}),
        ("attachment_index", {"error_code": 1002, "attachment_index": -1}),
        ("missing_allowed_effects", EFFECT | {"allowed_effects": None}),
        ("missing_allowed_effects", EFFECT | {"allowed_effects": []}),
        ("wrong_envelope", {"envelope": "send_flat", **FLAT}),
        ("wrong_envelope", SEND | {"envelope": "standard"}),
        ("wrong_envelope", SALESFORCE | {"envelope": "standard"}),
        ("wrong_envelope", HUBSPOT | {"envelope": "hubspot_workflow"}),
        ("wrong_envelope", HUBSPOT | WORKFLOW | {"envelope": "hubspot_webhook"}),
        ("wrong_envelope", {"surface": "slack", "envelope": "ok_flag"}),
        ("success_with_error", {"body_success": True}),
        ("success_with_error", HUBSPOT | {"body_success": True}),
        ("duplicate_trace_id", {"is_duplicate_trace": True}),
    ],
)
def test_each_kind_is_found_once_and_alone(
    con: duckdb.DuckDBPyConnection, response: Row, kind: str, fields: dict[str, Any]
) -> None:
    response(1, DAY + "10:00", **{**HONEST, **fields})
    response(2, DAY + "10:00", **HONEST)
    refresh(con)
    assert con.execute("select kind, trace_id, tenant_id from contract_violations").fetchall() == [
        (kind, "trace1", "acme")
    ]


@pytest.mark.parametrize(
    ("message", "sort"),
    [
        ("relay-b.internal:7443 connect ECONNREFUSED", "internal delivery name"),
        ("connect to 10.0.3.17 failed", "internal delivery name"),
        ("Delivery by Relay-B failed", "internal delivery name"),
        ("failed: RLY-NACK", "internal delivery name"),
        ("environment variable RELAY_API_KEY is not set", "variable name"),
        ("missing RELAY_API_KEY", "variable name"),
        (
            'duplicate key value violates unique constraint "messages_pkey"',
            "database error",
        ),
        ("SQLSTATE 23505", "database error"),
        ("SELECT id FROM tenants", "database error"),
        ("AES-GCM tag verification failed at step 3", "crypto step"),
        ("could not decrypt the token", "crypto step"),
        ("KeyError: 'conversation'", "stack frame"),
        ("handlers.py:214 raised", "stack frame"),
        ("HMAC of RELAY_KEY differs", "variable name, crypto step"),
    ],
)
def test_forbidden_detail_is_named_by_its_sort_and_not_repeated(
    con: duckdb.DuckDBPyConnection, response: Row, message: str, sort: str
) -> None:
    inside = {"delivery_service": "relay-b", "internal_code": "RLY-NACK"}
    response(1, DAY + "10:00", **{**HONEST, **inside, "error_message": message})
    response(2, DAY + "10:00", **{**HONEST, **inside})
    refresh(con)
    assert kinds(con) == ["forbidden_detail"]
    assert detail(con) == f"the message holds: {sort}"


def test_a_reason_must_not_give_anything_away_either(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    response(1, DAY + "10:00", **{**HONEST, "reason": "relay-b.internal refused"})
    refresh(con)
    assert kinds(con) == ["forbidden_detail"]


def test_details_say_what_was_found(con: duckdb.DuckDBPyConnection, response: Row) -> None:
    response(1, DAY + "10:00", **{**HONEST, "http_status": 500, "body_status": 422})
    response(2, DAY + "10:01", **{**HONEST, **LIMITED, "retry_after_header_s": 60})
    response(3, DAY + "10:02", **{**HONEST, **HUBSPOT, "envelope": "standard"})
    refresh(con)
    query = "select trace_id, kind, detail from contract_violations order by all"
    assert con.execute(query).fetchall() == [
        ("trace1", "status_mismatch", "the body says 422, the wire 500"),
        ("trace1", "undocumented_status", "status 500; the reference has 400"),
        ("trace2", "retry_after_mismatch", "the body says 30 s, the header 60 s"),
        ("trace3", "wrong_envelope", "shape standard; this route has hubspot_webhook"),
    ]


FLAPS = {**HONEST, "error_code": 3001, "http_status": 500, "body_status": 500}


def flapping(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute(
        "select trace_id, tenant_id, http_route, error_code, detail from contract_violations "
        "where kind = 'flapping_retryable' order by trace_id"
    ).fetchall()


def test_flapping_is_one_row_for_route_code_and_hour_whoever_called(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    flags = [True, True, False, True, False]
    for n, flag in enumerate(flags, start=1):
        caller = "acme" if n % 2 else None
        response(n, f"{DAY}10:0{n}", **{**FLAPS, "retryable": flag, "tenant_id": caller})
    # Another hour, another code, another route: each with one flag only.
    response(6, DAY + "11:00", **{**FLAPS, "retryable": False})
    response(
        7,
        DAY + "10:00",
        **{**FLAPS, "retryable": False, "error_code": 3002}
        | {"http_status": 503, "body_status": 503},
    )
    response(8, DAY + "10:00", **{**FLAPS, "retryable": False, "http_route": "/api/v1/other"})
    # The hour of an answer is the one it was sent in.
    response(9, DAY + "11:00:01", **{**FLAPS, "retryable": False}, received_at=DAY + "10:59:59")
    refresh(con)
    found = "retryable 3 times true and 2 times false within this hour"
    assert flapping(con) == [("trace3", None, "/api/v1/phone-numbers", 3001, found)]


def test_one_touched_tenant_renews_the_hour_of_all(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    response(1, DAY + "10:01", **{**FLAPS, "retryable": True, "tenant_id": "birch"})
    refresh(con)
    assert flapping(con) == []
    response(2, DAY + "10:02", **{**FLAPS, "retryable": False})
    refresh(con, ("acme", DAY + "10:00"))
    assert [row[0] for row in flapping(con)] == ["trace2"]
    # Touched by a caller without a name: the row has no tenant, and stays one row.
    refresh(con, (None, DAY + "10:00"))
    assert [row[0] for row in flapping(con)] == ["trace2"]
    con.execute("delete from store.response where response_id = 2")
    refresh(con, ("acme", DAY + "10:00"))
    assert flapping(con) == []


def test_only_touched_hours_change(con: duckdb.DuckDBPyConnection, response: Row) -> None:
    for n, (tenant, clock) in enumerate(
        [("acme", "10:00"), ("acme", "11:00"), ("birch", "10:00"), (None, "10:00")], start=1
    ):
        response(n, DAY + clock, **{**HONEST, "retryable": None, "tenant_id": tenant})
    refresh(con)
    query = "select trace_id from contract_violations order by trace_id"
    assert [t for (t,) in con.execute(query).fetchall()] == ["trace1", "trace2", "trace3", "trace4"]
    # All are mended, but only two of the hours are said to have changed.
    con.execute("update store.response set retryable = false")
    refresh(con, ("acme", DAY + "10:00"), (None, DAY + "10:00"))
    assert [t for (t,) in con.execute(query).fetchall()] == ["trace2", "trace3"]
