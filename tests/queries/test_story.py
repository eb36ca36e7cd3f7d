"""The story of a trace: verdicts, attempts and answers over rows written by hand."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.queries import connect
from chertlog.queries.catalogue import all_codes
from chertlog.queries.cli_errors import NotFound
from chertlog.queries.story import Story, tell, trace_id_in
from chertlog.queries.story_text import story_json, story_text
from chertlog.queries.story_words import answer, verdict

Row = Callable[..., None]
SEND = {"http_method": "POST", "url_path": "/api/v1/send", "envelope": "send_flat"}
REFUSED = {"http_status": 503, "is_error": True, "error_code": 4002, "retryable": True, **SEND}
HOSTILE = "\x1b[31m\x1b]0;title\x07[bold red]boo[/] \x9b2J <img src=x onerror=alert(1)>"


@pytest.fixture
def stories(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[[str], list[Story]]:
    """Publish what the test has written, and tell the stories under an id."""

    def ask(trace_id: str) -> list[Story]:
        con.execute("insert into store.meta values ('newest_at', '2026-11-21 12:00:00')")
        con.execute("use memory")
        con.execute("detach built")
        with connect(tmp_path / "built.duckdb") as db:
            return tell(db, trace_id)

    return ask


def three_attempts(response: Row, operation: Row) -> None:
    """Refused, told to wait 60 s; refused again after 5 s, too early; accepted after 64 s."""
    basis = {"chain_basis": "idempotency_key"}
    operation(1, "2026-11-21 10:00:00", attempts=3, last_at="2026-11-21 10:01:10", **basis)
    told = {**REFUSED, "retry_after_s": 60, "error_message": "All 6 lines are full"}
    chain = {"operation_id": 1, "idempotency_key": 7, **basis}
    response(1, "2026-11-21 10:00:00", trace_id="aaaaaaaaaaa1", attempt=1, **told, **chain)
    response(
        2,
        "2026-11-21 10:00:05",
        trace_id="aaaaaaaaaaa2",
        attempt=2,
        waited_ms=5000,
        **told,
        **chain,
    )
    late = {"attempt": 3, "waited_ms": 64_000, **SEND, **chain}
    response(3, "2026-11-21 10:01:10", trace_id="aaaaaaaaaaa3", duration_ms=90, **late)


@pytest.mark.parametrize(
    "pasted",
    [
        "a1b2c3d4e5f6",
        "  A1B2C3D4E5F6\n",
        '"a1b2c3d4e5f6",',
        "X-Trace-ID: a1b2c3d4e5f6",
        "trace_id=a1b2c3d4e5f6 please help",
        '{"success":false,"error":{"code":4002},"trace_id":"a1b2c3d4e5f6"}',
        '{"outputFields":{"ok":false,"code":4002,"trace_id":"a1b2c3d4e5f6"}}',
        '[{"ok":false,"trace_id":"a1b2c3d4e5f6"}]',
        '{"error":{"code":4002, "trace_id": "a1b2c3d4e5f6"',  # cut short by whoever pasted it
    ],
)
def test_the_trace_id_is_found_in_what_people_paste(pasted: str) -> None:
    assert trace_id_in(pasted) == "a1b2c3d4e5f6"


def test_a_refused_attempt_that_succeeded_later(
    stories: Callable[[str], list[Story]], response: Row, operation: Row
) -> None:
    three_attempts(response, operation)
    (story,) = stories("aaaaaaaaaaa1")
    assert story.verdict == (
        "Failed with 4002 LINES_SATURATED: All available phone lines are saturated for this "
        "recipient. The request was fine: Chert's lines were full, and free up at the top of the "
        "hour. The client may retry, after 60 s. It did, 2 times, and attempt 3 succeeded at "
        "10:01:10 UTC, 70.0 s later. 1 attempt came sooner than told."
    )
    waits = [(a["waited_s"], a["told_to_wait_s"], a["is_early"]) for a in story.attempts]
    assert waits == [(None, None, False), (5.0, 60, True), (64.0, 60, False)]
    assert story.answer == (
        "Your request POST /api/v1/send was answered on 21 November 2026 at 10:00:00 UTC (trace_id "
        "aaaaaaaaaaa1) with error 4002: All available phone lines are saturated for this "
        "recipient. The message was: “All 6 lines are full”.\n\n"
        "A later attempt of the same request succeeded at 10:01:10 UTC (trace_id aaaaaaaaaaa3), so "
        "there is nothing left for you to do."
    )


def test_the_attempt_that_succeeded(
    stories: Callable[[str], list[Story]], response: Row, operation: Row
) -> None:
    three_attempts(response, operation)
    (story,) = stories("aaaaaaaaaaa3")
    assert story.verdict == (
        "Succeeded. Chert answered HTTP 200 after 90 ms. It was attempt 3 of its operation: 2 "
        "attempts before it failed (4002), the first of them 70.0 s earlier."
    )
    text = story_text([story])
    assert "3 attempts, outcome: succeeded. Held together by the same idempotency key." in text
    assert "503, 4002 ↻ retryable, too early" in text


def test_a_saturated_operation_that_nobody_retried(
    stories: Callable[[str], list[Story]], response: Row, operation: Row
) -> None:
    operation(1, "2026-11-21 10:00:00", succeeded=False, last_retryable=True)
    response(1, "2026-11-21 10:00:00", trace_id="aaaaaaaaaaa1", retry_after_header_s=90, **REFUSED)
    (story,) = stories("aaaaaaaaaaa1")
    assert story.verdict.endswith("No further attempt followed: the operation failed.")
    assert (
        "You may send the same request again, not before 10:01:30 UTC (90 s later)." in story.answer
    )
    assert "Retry later." in story.answer
    assert "90 s, in the header only" in story_text([story])


def test_events_are_told_in_order_with_internal_detail_that_the_answer_keeps_back(
    stories: Callable[[str], list[Story]], response: Row, operation: Row, event: Row
) -> None:
    failed = {"http_status": 502, "is_error": True, "error_code": 3004, "retryable": True}
    response(1, "2026-11-21 10:00:00.600", trace_id="a1b2c3d4e5f6", **failed, **SEND)
    operation(1, "2026-11-21 10:00:00", succeeded=False, last_retryable=True)
    inside = {"detail": "upstream refused", "delivery_service": "relay-a", "internal_code": "RLY-9"}
    trace = {"trace_id": "a1b2c3d4e5f6", "tenant_id": "acme"}
    event(3, "2026-11-21 10:00:00.600", http_status=502, error_code=3004, duration_ms=500, **trace)
    event(2, "2026-11-21 10:00:00.350", event="delivery.failed", **inside, **trace)
    event(1, "2026-11-21 10:00:00.100", event="request.received", **trace)
    event(9, "2026-11-21 10:00:00", log="edge", http_status=502, **trace)
    (story,) = stories("a1b2c3d4e5f6")
    told = [(each.log, each.event, each.offset_ms) for each in story.happened]
    assert told == [
        ("app", "request.received", 0),
        ("app", "delivery.failed", 250),
        ("app", "response.sent", 500),
        ("edge", "response.sent", -100),
    ]
    assert "relay-a · RLY-9 · upstream refused" in story_text([story])
    for secret in inside.values():
        assert secret not in story.answer


def test_colliding_ids_are_told_apart(
    stories: Callable[[str], list[Story]], response: Row, operation: Row, event: Row
) -> None:
    for number, tenant in ((1, "acme"), (2, "beta")):
        at = f"2026-11-21 1{number}:00:00"
        operation(number, at, tenant_id=tenant)
        response(number, at, trace_id="deadbeef", tenant_id=tenant)
        event(number, at, trace_id="deadbeef", tenant_id=tenant, event=f"seen.{tenant}")
    # An edge line knows no tenant: the nearest response has it.
    event(3, "2026-11-21 12:00:01", log="edge", trace_id="deadbeef")
    told = stories("deadbeef")
    assert [[each.event for each in story.happened] for story in told] == [
        ["seen.acme"],
        ["seen.beta", "response.sent"],
    ]
    text = story_text(told)
    assert "2 responses bear this trace_id." in text
    assert "Response 2 of 2" in text


def test_a_request_without_an_answer(
    con: duckdb.DuckDBPyConnection, stories: Callable[[str], list[Story]], event: Row
) -> None:
    request = {"trace_id": "a1b2c3d4e5f6", "http_method": "POST", "http_route": "/api/v1/send"}
    event(1, "2026-11-21 10:00:00", event="request.received", **request)
    con.execute("insert into store.unanswered values ('a1b2c3d4e5f6')")
    (story,) = stories("a1b2c3d4e5f6")
    assert story.verdict.startswith("No answer. The request POST /api/v1/send was received at")
    assert "have no record of an answer" in story.answer
    assert json.loads(story_json([story]))[0]["response"] is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("ffffffffffff", "The newest data are of 2026-11-21 10:00:00 UTC."),
        ("hello", "12 hex digits, 8 on Slack routes: this is neither."),
        ("a1b2c3", "Begin like it: a1b2c3d4e5f6."),
    ],
)
def test_an_unknown_id_is_answered_with_what_may_help(
    stories: Callable[[str], list[Story]],
    response: Row,
    operation: Row,
    event: Row,
    asked: str,
    words: str,
) -> None:
    response(1, "2026-11-21 10:00:00", trace_id="a1b2c3d4e5f6")
    operation(1, "2026-11-21 10:00:00")
    event(1, "2026-11-21 10:00:00", trace_id="a1b2c3d4e5f6")
    with pytest.raises(NotFound) as caught:
        stories(asked)
    assert caught.value.exit_code == 1
    assert words in caught.value.why


def test_without_any_data_the_next_step_is_to_load_some(
    stories: Callable[[str], list[Story]],
) -> None:
    with pytest.raises(NotFound, match="no events yet") as caught:
        stories("a1b2c3d4e5f6")
    assert "chertlog ingest" in caught.value.next


def test_hostile_log_text_is_shown_and_does_nothing(
    stories: Callable[[str], list[Story]], response: Row, operation: Row, event: Row
) -> None:
    failed = {**REFUSED, "error_message": HOSTILE, "url_path": f"/x{HOSTILE}"}
    response(1, "2026-11-21 10:00:00", trace_id="a1b2c3d4e5f6", **failed)
    operation(1, "2026-11-21 10:00:00", succeeded=False)
    event(1, "2026-11-21 10:00:00", trace_id="a1b2c3d4e5f6", event="x", detail=f"{HOSTILE}\nline 2")
    told = stories("a1b2c3d4e5f6")
    text, as_json = story_text(told), story_json(told)
    for control in ("\x1b", "\x9b", "\x07"):
        assert control not in text
        assert control not in as_json
    assert "[bold red]boo[/]" in text
    assert "title" not in text
    assert json.loads(as_json)[0]["response"]["error_message"] == HOSTILE


def facts(**changed: Any) -> dict[str, Any]:
    """A response as the view gives it."""
    base = dict.fromkeys(
        ("http_route", "retry_after_s", "retry_after_header_s", "error_message", "attachment_index",
         "allowed_effects", "idempotency_key", "duration_ms", "error_code", "retryable")
    )  # fmt: skip
    whole = {
        **base,
        **SEND,
        "trace_id": "a1b2c3d4e5f6",
        "occurred_at": datetime(2026, 11, 21, 10),
        "http_status": 500,
        "is_error": True,
        "is_logical_failure": False,
        "attempt": 1,
    }
    return {**whole, **changed}


def told_about(code: int | None, later: int = 0, outcome: str = "gave_up", **changed: Any) -> str:
    """The verdict on a response followed by `later` attempts that met 3002."""
    response = facts(error_code=code, **changed)
    row = {**response, "error_code": 3002, "is_early": False}
    attempts = [{**row, "attempt": number + 1} for number in range(later + 1)]
    return verdict(response, all_codes().get(code or 0), {"outcome": outcome}, attempts)


def test_verdicts_say_what_was_sent_not_what_is_usual() -> None:
    overridden = told_about(3004, retryable=False)
    assert "The same request cannot succeed, the answer said: retryable = false." in overridden
    assert "Code 3004 is retryable by default; this route said otherwise" in overridden
    assert "lost its retryable flag" in told_about(3001, retryable=None)
    assert "by default" not in told_about(3001, retryable=True)


def test_verdicts_on_codes_that_no_reference_knows() -> None:
    assert told_about(4100, retryable=True).startswith(
        "Failed with code 4100, which the API reference does not know."
    )
    assert told_about(None).startswith("Failed, and the answer carried no code.")


def test_verdicts_on_what_came_after() -> None:
    again = told_about(1001, later=4, outcome="final_error", retryable=False)
    assert "It tried again all the same, 4 times, and the last, attempt 5, met 3002" in again
    assert again.endswith("it failed.")
    assert "may still come" in told_about(4002, outcome="open", retryable=True)
    assert "It did, once, and" in told_about(3001, later=1, retryable=True)


def test_verdicts_on_what_http_does_not_say() -> None:
    logical = told_about(2010, retryable=False, http_status=200, is_logical_failure=True)
    assert "HTTP said 200: the failure stands in the body alone." in logical
    edge = verdict(facts(is_error=None, http_status=502), None, None, [])
    assert edge.startswith("Unknown. Only the edge log saw this response: HTTP 502")


def test_answers_hold_what_the_customer_needs() -> None:
    effect = facts(error_code=4098, retryable=False, allowed_effects=["heart", "laser"])
    words = answer(effect, all_codes()[4098], [])
    assert "error 4098 (UNKNOWN_EFFECT)" in words  # the reference gives this name
    assert "Valid effects at that time: heart, laser." in words
    assert "Sending the same request again, unchanged, will not help." in words
    entry = facts(error_code=1011, retryable=False, attachment_index=2)
    assert "The entry concerned has index 2" in answer(entry, all_codes()[1011], [])
    assert "RESOURCE_KIND_MISMATCH" not in answer(entry, all_codes()[1011], [])  # our own name
