"""Contract violations: answers that the API reference does not allow, one function per kind.

Owns how an honest draft is bent. A kind becomes due now and then and waits for an answer it can
be applied to, so that kinds which need a rare code turn up as well.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from random import Random

from chertlog.ingest.simulate import catalogue, traffic
from chertlog.ingest.simulate.bodies import Draft

LIMITED = (1007, 4002)
UNDOCUMENTED = (2009, 4100)
WRONG_ENVELOPE = {"standard": "ok_flag", "send_flat": "standard", "ok_flag": "standard"}
OTHER_STATUSES = (422, 500, 400)


def _plain(answer: Draft) -> bool:
    """No extra fields hang on this code, so that changing it breaks one rule only."""
    return len(answer.fields) == 3 and answer.http_status != 401


def _undocumented_code(answer: Draft, rng: Random) -> bool:
    if not _plain(answer):
        return False
    answer.fields["code"] = UNDOCUMENTED[int(rng.random() * len(UNDOCUMENTED))]
    return True


def _missing_retryable(answer: Draft, rng: Random) -> bool:
    del answer.fields["retryable"]
    return True


def _missing_code(answer: Draft, rng: Random) -> bool:
    if not _plain(answer):
        return False
    del answer.fields["code"]
    return True


def _code_as_string(answer: Draft, rng: Random) -> bool:
    answer.fields["code"] = str(answer.code)
    return True


def _undocumented_status(answer: Draft, rng: Random) -> bool:
    if answer.surface == "hubspot":
        return False
    documented = catalogue.CODES[answer.code].statuses
    answer.http_status = next(s for s in OTHER_STATUSES if s not in documented)
    answer.body_status = answer.http_status
    return True


def _status_mismatch(answer: Draft, rng: Random) -> bool:
    if answer.envelope != "standard":
        return False
    answer.body_status = next(s for s in OTHER_STATUSES if s != answer.http_status)
    return True


def _trace_id_mismatch(answer: Draft, rng: Random) -> bool:
    # The digits turned by one: like a real id, and (but for a uniform id) never the same.
    turned = answer.trace_id[1:] + answer.trace_id[:1]
    if turned == answer.trace_id:
        return False
    answer.body_trace_id = turned
    return True


def _missing_trace_id(answer: Draft, rng: Random) -> bool:
    answer.body_trace_id = None
    return True


def _missing_trace_header(answer: Draft, rng: Random) -> bool:
    answer.header_trace_id = None
    return True


def _retry_after_mismatch(answer: Draft, rng: Random) -> bool:
    if answer.code not in LIMITED or answer.header_retry_after is None:
        return False
    answer.header_retry_after += 30
    return True


def _missing_retry_after(answer: Draft, rng: Random) -> bool:
    if answer.code not in LIMITED:
        return False
    del answer.fields["retry_after"]
    answer.header_retry_after = None
    return True


def _unexpected_retry_after(answer: Draft, rng: Random) -> bool:
    if answer.code in LIMITED:
        return False
    answer.fields["retry_after"] = answer.header_retry_after = 5
    return True


def _attachment_index(answer: Draft, rng: Random) -> bool:
    if answer.code in catalogue.INDEXED_CODES or answer.code == 1002:
        return False
    answer.fields["attachment_index"] = 0
    return True


def _missing_allowed_effects(answer: Draft, rng: Random) -> bool:
    return answer.fields.pop("allowed_effects", None) is not None


def _wrong_envelope(answer: Draft, rng: Random) -> bool:
    other = WRONG_ENVELOPE.get(answer.envelope)
    if other is None or "reason" in answer.fields:
        return False
    answer.envelope = other
    return True


def _forbidden_detail(answer: Draft, rng: Random) -> bool:
    details = catalogue.FORBIDDEN_DETAILS
    answer.fields["message"] = details[int(rng.random() * len(details))]
    return True


def _success_with_error(answer: Draft, rng: Random) -> bool:
    if answer.envelope == "send_flat":
        return False
    answer.success = True
    return True


KINDS: dict[str, Callable[[Draft, Random], bool]] = {
    "undocumented_code": _undocumented_code,
    "missing_retryable": _missing_retryable,
    "missing_code": _missing_code,
    "code_as_string": _code_as_string,
    "undocumented_status": _undocumented_status,
    "status_mismatch": _status_mismatch,
    "trace_id_mismatch": _trace_id_mismatch,
    "missing_trace_id": _missing_trace_id,
    "missing_trace_header": _missing_trace_header,
    "retry_after_mismatch": _retry_after_mismatch,
    "missing_retry_after": _missing_retry_after,
    "unexpected_retry_after": _unexpected_retry_after,
    "attachment_index": _attachment_index,
    "missing_allowed_effects": _missing_allowed_effects,
    "wrong_envelope": _wrong_envelope,
    "forbidden_detail": _forbidden_detail,
    "success_with_error": _success_with_error,
}


class Violations:
    """Keeps the kinds that are due and bends at most one draft a time."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._next_kind = cycle(KINDS)
        self._due: list[str] = []

    def bend(self, answer: Draft) -> str | None:
        """Break one rule in the draft if one is due; the kind, or None."""
        if self._rng.random() < traffic.VIOLATION_SHARE:
            kind = next(self._next_kind)
            if kind not in self._due:
                self._due.append(kind)
        for kind in self._due:
            if KINDS[kind](answer, self._rng):
                self._due.remove(kind)
                return kind
        return None
