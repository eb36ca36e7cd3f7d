"""The words of a trace's story: verdict, what was told, what to answer the customer.

Pure functions over facts: no database, no layout. Owns the rule that the answer for the customer
holds only what the customer may know: never internal detail, services or internal codes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chertlog.queries.catalogue import CodeFacts
from chertlog.queries.clean_text import clean_line

Row = Mapping[str, Any]

_WHOSE = {
    "client": "The request itself has to change.",
    "auth": "Credentials, account or target have to change, not Chert.",
    "platform": "The fault was on Chert's side.",
    "capacity": "The request was fine: Chert's limits refused it.",
    "delivery": "Chert dispatched it, and the downstream rejected it.",
}
_WHOSE_BY_CODE = {
    1007: "The request was fine: it came too soon after the ones before it.",
    4002: "The request was fine: Chert's lines were full, and free up at the top of the hour.",
}


def verdict(
    response: Row, code: CodeFacts | None, operation: Row | None, attempts: Sequence[Row]
) -> str:
    """What happened, in a few sentences for support staff."""
    if response["is_error"] is None:
        return (
            f"Unknown. Only the edge log saw this response: HTTP {_known(response['http_status'])} "
            "on the wire. Whether its body reported an error is not known."
        )
    if not response["is_error"]:
        took = (
            f" after {response['duration_ms']:,} ms" if response["duration_ms"] is not None else ""
        )
        first = f"Succeeded. Chert answered HTTP {_known(response['http_status'])}{took}."
        return " ".join([first, *_before(response, attempts)])
    parts = [_failure(response, code)]
    if response["is_logical_failure"]:
        parts.append(f"HTTP said {response['http_status']}: the failure stands in the body alone.")
    if code:
        parts.append(_WHOSE_BY_CODE.get(code.error_code) or _WHOSE.get(code.error_class, ""))
    later = [a for a in attempts if a["attempt"] > response["attempt"]]
    parts.append(_may_retry(response, code))
    parts += _after(response, operation, later)
    return " ".join(part for part in parts if part)


def _failure(response: Row, code: CodeFacts | None) -> str:
    if code:
        return f"Failed with {code.error_code} {code.error_type}: {code.meaning}."
    if response["error_code"] is None:
        return "Failed, and the answer carried no code."
    return f"Failed with code {response['error_code']}, which the API reference does not know."


def _may_retry(response: Row, code: CodeFacts | None) -> str:
    sent, told = response["retryable"], told_to_wait(response)
    if sent is None:
        return "The answer lost its retryable flag, so the client could not know whether to retry."
    drift = ""
    if code and sent != code.retryable:
        drift = (
            f" (Code {code.error_code} is {'' if code.retryable else 'not '}retryable by default; "
            "this route said otherwise, and what was sent holds.)"
        )
    if not sent:
        return f"The same request cannot succeed, the answer said: retryable = false.{drift}"
    wait = f", after {told:,} s" if told is not None else ""
    return f"The client may retry{wait}.{drift}"


def _after(response: Row, operation: Row | None, later: Sequence[Row]) -> list[str]:
    outcome = operation["outcome"] if operation else None
    if not later:
        if outcome == "open":
            return ["No further attempt yet; by the newest data it may still come."]
        if response["attempt"] > 1:
            return [f"It was the last of {response['attempt']} attempts: the operation failed."]
        return ["No further attempt followed: the operation failed."]
    last = later[-1]
    times = "once" if len(later) == 1 else f"{len(later)} times"
    did = f"It did, {times}" if response["retryable"] else f"It tried again all the same, {times}"
    if outcome == "succeeded":
        span = duration(last["occurred_at"] - response["occurred_at"])
        end = f"and attempt {last['attempt']} succeeded at {clock(last)}, {span} later."
    elif last["is_error"] is None:
        end = "and only the edge log saw the last answer, so how it ended is not known."
    else:
        met = last["error_code"] or "an error without a code"
        end = f"and the last, attempt {last['attempt']}, met {met} at {clock(last)}: " + (
            "by the newest data another may still come." if outcome == "open" else "it failed."
        )
    early = sum(1 for attempt in later if attempt["is_early"])
    noted = [f"{_count(early, 'attempt')} came sooner than told."] if early else []
    return [f"{did}, {end}", *noted]


def _before(response: Row, attempts: Sequence[Row]) -> list[str]:
    earlier = [a for a in attempts if a["attempt"] < response["attempt"]]
    if not earlier:
        return []
    codes = list(dict.fromkeys(str(a["error_code"] or "no code") for a in earlier))
    span = duration(response["occurred_at"] - earlier[0]["occurred_at"])
    return [
        f"It was attempt {response['attempt']} of its operation: "
        f"{_count(len(earlier), 'attempt')} before it failed ({', '.join(codes)}), "
        f"the first of them {span} earlier."
    ]


def answer(response: Row, code: CodeFacts | None, attempts: Sequence[Row]) -> str:
    """What to write to the customer: facts they were told, and what to do. Ready to paste."""
    path = response["url_path"] or response["http_route"] or ""
    request = clean_line(f"{response['http_method'] or ''} {path}")
    at = response["occurred_at"]
    opening = (
        f"Your request {request} was answered on {at.day} {at:%B %Y} at {at:%H:%M:%S} UTC "
        f"(trace_id {clean_line(response['trace_id'])})"
    )
    if response["is_error"] is None:
        return (
            f"{opening} with HTTP {_known(response['http_status'])}. We are looking into what it "
            "said; please send us the body of the answer, if you have it."
        )
    if not response["is_error"]:
        return f"{opening} with success (HTTP {_known(response['http_status'])})."
    parts = [f"{opening} with {_public_error(response, code)}"]
    success = next((a for a in attempts if a["is_error"] is False), None)
    if success and success["attempt"] > response["attempt"]:
        parts.append(
            f"A later attempt of the same request succeeded at {clock(success)} "
            f"(trace_id {clean_line(success['trace_id'])}), so there is nothing left for you to do."
        )
    else:
        parts += _advice(response, code)
    return "\n\n".join(parts)


def _public_error(response: Row, code: CodeFacts | None) -> str:
    if code:
        # Names that we chose mean nothing to a customer.
        name = f" ({code.error_type})" if code.name_source == "reference" else ""
        text = f"error {code.error_code}{name}: {code.meaning}."
    elif response["error_code"] is not None:
        text = f"error {response['error_code']}."
    else:
        text = f"an error (HTTP {_known(response['http_status'])})."
    said = clean_line(response["error_message"] or "")
    if said and not (code and said.lower().rstrip(".") in code.meaning.lower()):
        text += f" The message was: “{said}”."
    return text


def _advice(response: Row, code: CodeFacts | None) -> list[str]:
    parts = [f"What to do: {code.action}"] if code else []
    if response["attachment_index"] is not None:
        parts.append(
            f"The entry concerned has index {response['attachment_index']}, counted from 0."
        )
    if response["allowed_effects"]:
        effects = ", ".join(clean_line(effect) for effect in response["allowed_effects"])
        parts.append(f"Valid effects at that time: {effects}.")
    told = told_to_wait(response)
    if response["retryable"]:
        not_before = response["occurred_at"] + timedelta(seconds=told) if told is not None else None
        when = f", not before {not_before:%H:%M:%S} UTC ({told:,} s later)" if not_before else ""
        key = (
            " Use the same idempotency_key, so that it cannot be carried out twice."
            if response["idempotency_key"]
            else " Where the endpoint takes an idempotency_key, use one, so that a retry is safe."
        )
        parts.append(f"You may send the same request again{when}.{key}")
    elif response["retryable"] is False:
        parts.append("Sending the same request again, unchanged, will not help.")
    return parts


def told_to_wait(response: Row) -> int | None:
    """Seconds the client was told to wait: the body's word, else the header's."""
    body: int | None = response["retry_after_s"]
    header: int | None = response["retry_after_header_s"]
    return header if body is None else body


def duration(span: timedelta) -> str:
    """A span in words of one or two units."""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def clock(attempt: Row) -> str:
    at: datetime = attempt["occurred_at"]
    return f"{at:%H:%M:%S} UTC"


def _known(value: object) -> object:
    return "status unknown" if value is None else value


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
