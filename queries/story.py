"""The story of one trace: everything that a customer's trace_id leads to, told in order.

Owns gathering the facts (responses, events, operation) and which event belongs to which response
when short ids collided. The words are `story_words`', the layout `story_text`'s.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chertlog.queries.catalogue import CodeFacts, all_codes, statements
from chertlog.queries.clean_text import clean, clean_line
from chertlog.queries.cli_errors import NotFound
from chertlog.queries.story_words import answer, verdict
from chertlog.queries.tables import shown, time_text

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

Row = dict[str, Any]

_QUOTED_ID = re.compile(r"""trace[_-]?id["'\s:=]+([0-9A-Za-z_.-]+)""", re.IGNORECASE)
_SHORTEST_PREFIX = 5


@dataclass(frozen=True)
class Happening:
    """One event of a trace: when, since the first one, in which log, and in words."""

    occurred_at: datetime
    offset_ms: int
    log: str
    event: str
    words: str


@dataclass(frozen=True)
class Story:
    """One response (or unanswered request), and all that is known about it."""

    trace_id: str
    verdict: str
    code: CodeFacts | None
    response: Row | None
    happened: list[Happening]
    operation: Row | None
    attempts: list[Row]
    answer: str


def trace_id_in(text: str) -> str:
    """The trace_id in what was pasted: the id itself, a JSON error body, or a header line."""
    try:
        found = _find_trace_id(json.loads(text))
    except ValueError:
        found = None
    if found is None:
        match = _QUOTED_ID.search(text)
        found = match[1] if match else text.strip().strip("\"'`<>,; ")
    # Chert's ids are lower-case hex; mail programs like to capitalise.
    return found.lower() if re.fullmatch(r"[0-9A-Fa-f]+", found) else found


def _find_trace_id(tree: Any) -> str | None:
    if isinstance(tree, Mapping):
        if isinstance(tree.get("trace_id"), str):
            return str(tree["trace_id"])
        tree = list(tree.values())
    if isinstance(tree, list):
        return next((found for found in map(_find_trace_id, tree) if found), None)
    return None


def tell(db: "Connection", trace_id: str) -> list[Story]:
    """The stories under a trace_id, oldest first: one, unless ids collided.

    Another id (W3C, X-Ray, a proxy's) leads to the stories of the traces whose events bear it.
    Raises NotFound if no log holds the id.
    """
    queries = statements("story")
    by_id = {"id": trace_id}
    responses = db.rows(queries["responses"], by_id)
    events = db.rows(queries["events"], by_id) if trace_id else []
    if responses:
        shares = _share_events(responses, events)
        return [_story(db, row, mine) for row, mine in zip(responses, shares, strict=True)]
    unanswered = db.rows(queries["unanswered"], by_id)
    if unanswered:
        return [_unanswered(unanswered[0], events)]
    others = db.rows(queries["other_ids"], by_id) if events else []
    told = [each["trace_id"] for each in others if each["trace_id"] != trace_id]
    if told:
        return [story for other in told for story in tell(db, other)]
    if events:
        return [_elsewhere(trace_id, events)]
    raise _unknown(db, trace_id)


def _story(db: "Connection", response: Row, events: list[Row]) -> Story:
    queries = statements("story")
    operation_id = {"operation_id": response["operation_id"]}
    operations = db.rows(queries["operation"], operation_id)
    attempts = db.rows(queries["attempts"], operation_id)
    operation = operations[0] if operations else None
    code = all_codes().get(response["error_code"]) if response["is_error"] else None
    return Story(
        trace_id=response["trace_id"],
        verdict=verdict(response, code, operation, attempts),
        code=code,
        response=response,
        happened=_happened(events),
        operation=operation,
        attempts=attempts,
        answer=answer(response, code, attempts),
    )


def _unanswered(request: Row, events: list[Row]) -> Story:
    what = clean_line(f"{request['http_method'] or ''} {request['http_route'] or ''}")
    return Story(
        trace_id=request["trace_id"],
        verdict=(
            f"No answer. The request {what or '(route unknown)'} was received at "
            f"{time_text(request['first_at'])} UTC, and no log holds an answer to it. The last "
            f"that is known of it is “{clean_line(request['last_event'])}” at "
            f"{time_text(request['last_at'])} UTC. The process died, the client left, or logs are "
            "missing."
        ),
        code=None,
        response=None,
        happened=_happened(events),
        operation=None,
        attempts=[],
        answer=(
            f"We received your request {what} (trace_id {clean_line(request['trace_id'])}), but "
            "have no record of an answer. Please send it again; where the endpoint takes an "
            "idempotency_key, use the one you used before, so that it cannot be carried out twice."
        ),
    )


def _elsewhere(trace_id: str, events: list[Row]) -> Story:
    """Events that no trace of Chert's belongs to: of a proxy, a load balancer, another service."""
    logs = sorted({str(event["service"] or event["log"]) for event in events})
    count = f"{len(events):,} event" + ("s" if len(events) > 1 else "")
    return Story(
        trace_id=trace_id,
        verdict=(
            f"No response of Chert's. {count} of {clean_line(', '.join(logs))} "
            f"{'bear' if len(events) > 1 else 'bears'} this id, and none of them names a trace_id "
            "of Chert's."
        ),
        code=None,
        response=None,
        happened=_happened(events),
        operation=None,
        attempts=[],
        answer="This id is not one of Chert's. Please send us the trace_id of the response.",
    )


def _share_events(responses: list[Row], events: list[Row]) -> list[list[Row]]:
    """Each event goes to the response of its tenant that is nearest in time."""
    shares: list[list[Row]] = [[] for _ in responses]
    for event in events:
        distances = [_distance(response, event) for response in responses]
        shares[distances.index(min(distances))].append(event)
    return shares


def _distance(response: Row, event: Row) -> tuple[bool, timedelta]:
    other = None not in (event["tenant_id"], response["tenant_id"]) and (
        event["tenant_id"] != response["tenant_id"]
    )
    at: datetime = event["occurred_at"]
    if response["received_at"] <= at <= response["occurred_at"]:
        return other, timedelta(0)
    return other, min(abs(at - response["received_at"]), abs(at - response["occurred_at"]))


def _happened(events: list[Row]) -> list[Happening]:
    # Edge times are cut to whole seconds: they must not be where the clock starts.
    exact = [e["occurred_at"] for e in events if e["log"] != "edge"]
    start = min(exact or [e["occurred_at"] for e in events], default=None)
    return [
        Happening(
            occurred_at=event["occurred_at"],
            offset_ms=round((event["occurred_at"] - start) / timedelta(milliseconds=1)),
            log=event["log"],
            event=clean_line(event["event"]),
            words=_event_words(event),
        )
        for event in events
        if start is not None
    ]


def _event_words(event: Row) -> str:
    """What an event says beyond its name; internal detail last, with its own lines."""
    parts: list[str] = []
    if event["event"] == "request.received":
        parts = [clean_line(f"{event['http_method'] or ''} {event['url_path'] or ''}")]
        parts += [f"key {event['idempotency_key']}"] if event["idempotency_key"] else ["no key"]
        parts += [clean_line(event["user_agent"])] if event["user_agent"] else []
    elif event["event"] == "response.sent":
        parts = [f"HTTP {event['http_status']}"] if event["http_status"] is not None else []
        parts += [str(event["error_code"])] if event["error_code"] is not None else []
        parts += [f"after {event['duration_ms']:,} ms"] if event["duration_ms"] is not None else []
    if event["lines"]:
        full = sum(1 for line in event["lines"] if _is_full(line))
        used = ", ".join(f"{shown(line['used'])}/{shown(line['cap'])}" for line in event["lines"])
        parts.append(f"{full} of {len(event['lines'])} lines full: {used}")
    for name in ("delivery_service", "internal_code", "error_type", "line"):
        if event[name]:
            parts.append(clean_line(event[name]))
    if event["detail"]:
        parts.append(clean(event["detail"]).strip())
    return " · ".join(part for part in parts if part)


def _is_full(line: Row) -> bool:
    return line["used"] is not None and line["cap"] is not None and line["used"] >= line["cap"]


def _unknown(db: "Connection", trace_id: str) -> NotFound:
    fresh = db.rows("select newest_event_at, as_of from freshness")[0]
    newest = fresh["newest_event_at"]
    if newest is None:
        return NotFound(
            "the database holds no events yet", next="To load logs, run: chertlog ingest PATH"
        )
    shape = ""
    if not re.fullmatch(r"[0-9a-f]{12}|[0-9a-f]{8}", trace_id):
        shape = " Chert's trace ids are 12 hex digits, 8 on Slack routes: this is neither."
    similar = []
    if len(trace_id) >= _SHORTEST_PREFIX:
        similar = db.rows(statements("story")["similar_ids"], {"id": trace_id})
    meant = f" Begin like it: {', '.join(row['trace_id'] for row in similar)}." if similar else ""
    return NotFound(
        f"no log holds a trace {clean_line(trace_id)[:60]}",
        why=f"The newest data are of {time_text(newest)} UTC.{shape}{meant}",
        next="If it is newer, wait for the next ingest. If it is not: nginx may have answered it "
        "itself, and then it has no trace_id (chertlog sql edge_only_responses); or its line was "
        "damaged (chertlog sql rejected_lines).",
    )
