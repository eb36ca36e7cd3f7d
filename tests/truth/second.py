"""The headline figures a second time, in pandas and Python, straight from the application log.

Owns an implementation of the product's definitions that shares nothing with its SQL: it reads the
raw lines, with raw keys, hashes and numbers. It is held to a database that was given the same log
and no other. Undamaged logs only: what makes a line a rejected one is tested elsewhere.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from compare import Comparison, same

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
SAME_RESPONSE = 15 * MINUTE
KEY_LIFE = 24 * HOUR
EARLY_TOLERANCE = SECOND
DTYPES = dict.fromkeys(("key", "code", "retryable", "told"), object)
EXCUSABLE_CODES, EXCUSABLE_AFTER = {1012, 2008, 2010}, 60 * SECOND


def compare_second(published: Path, app_log: Path) -> list[Comparison]:
    """The database of this application log alone, and the same figures computed anew."""
    second = Second(app_log)
    with duckdb.connect(str(published.resolve(strict=True)), read_only=True) as con:
        return [
            same(f"second computation: {figure}", _Counted(true), _Counted(found))
            for figure, (true, found) in _figures(second, lambda q: con.execute(q).fetchall())
        ]


class _Counted(frozenset[Any]):
    """Rows as a set in which a repeated row still counts as many times as it occurs."""

    def __new__(cls, rows: Any) -> _Counted:
        return super().__new__(cls, Counter(rows).items())


def _figures(
    second: Second, rows: Callable[[str], list[tuple[Any, ...]]]
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    answers, operations = second.answers, second.operations
    yield (
        "responses by hour and surface",
        (
            second.count(answers.sent // HOUR, answers.surface),
            rows(
                "select epoch_us(date_trunc('hour', occurred_at)) // 3600000000, surface, count(*)"
                " from responses group by all"
            ),
        ),
    )
    errors = answers[answers.is_error]
    yield (
        "errors by code, retryable, surface and hour",
        (
            second.count(errors.sent // HOUR, errors.code, errors.retryable, errors.surface),
            rows(
                "select epoch_us(hour) // 3600000000, error_code, retryable, surface,"
                " sum(errors)::bigint from error_groups group by all"
            ),
        ),
    )
    yield (
        "attempts and their operations",
        (
            zip(answers.trace_id, answers.sent, answers.first_trace, answers.attempt, strict=True),
            rows(
                "select r.trace_id, epoch_us(r.occurred_at), f.trace_id, r.attempt"
                " from responses as r inner join responses as f on f.response_id = r.operation_id"
            ),
        ),
    )
    yield (
        "operations by outcome, attempts and tenant",
        (
            second.count(operations.outcome, operations.attempts, operations.tenant_id),
            rows("select outcome, attempts, tenant_id, count(*) from operations group by all"),
        ),
    )
    yield (
        "retry figures by tenant and over all",
        (
            second.retry_figures(),
            rows(
                """
                select
                    tenant_id, attempts, operations, retries, round(amplification, 9),
                    round(retry_share, 9), round(actual_success_ratio, 9),
                    round(effective_success_ratio, 9), gave_up, open, wasted_attempts
                from retry_figures
                """
            ),
        ),
    )
    retries = answers[answers.attempt > 1]
    early = retries[retries.is_early]
    yield (
        "early retries",
        (
            zip(early.trace_id, early.first_trace, early.told_before, ~early.is_error, strict=True),
            rows(
                "select e.trace_id, f.trace_id, e.told_to_wait_s, e.succeeded from early_retries"
                " as e inner join responses as f on f.response_id = e.operation_id"
            ),
        ),
    )
    final = retries[retries.after_final]
    yield (
        "retries of final errors",
        (
            zip(final.trace_id, final.first_trace, final.excusable, strict=True),
            rows(
                "select e.trace_id, f.trace_id, e.excusable from retries_of_final_errors as e"
                " inner join responses as f on f.response_id = e.operation_id"
            ),
        ),
    )
    yield (
        "4002 by tenant and hour",
        (
            second.saturation(),
            rows(
                """
                select
                    tenant_id, epoch_us(hour) // 3600000000, accepted, refused, refused_operations,
                    unmet_operations, epoch_us(first_refused_at), epoch_us(onset_at),
                    epoch_us(last_refused_at)
                from saturation_hours
                """
            ),
        ),
    )
    storms = rows(
        """
        select
            tenant_id, epoch_us(started_at), epoch_us(ended_at), attempts, retries, operations,
            round(amplification, 9), round(early_retry_share, 9), wasted_attempts, error_codes
        from retry_storms
        """
    )
    yield (
        "what happened from start to end of each storm",
        (
            [second.between(tenant_id, start, end) for tenant_id, start, end, *_ in storms],
            [(*row[:-1], frozenset(row[-1])) for row in storms],
        ),
    )


class Second:
    """One application log, read and understood once more."""

    def __init__(self, app_log: Path) -> None:
        events = [json.loads(line) for path in sorted(app_log.iterdir()) for line in _lines(path)]
        self.newest = max(_moment(event["ts"]) for event in events)
        answers = list(_answers(events))
        # As objects: a column of whole numbers and None would become one of floats and NaN.
        self.answers = pd.DataFrame(
            {
                name: pd.Series([a[name] for a in answers], dtype=DTYPES.get(name))
                for name in answers[0]
            }
        )
        self.operations = self._chain()

    @staticmethod
    def count(*columns: pd.Series) -> list[tuple[Any, ...]]:
        counted = Counter(zip(*columns, strict=True))
        return [(*key, n) for key, n in counted.items()]

    def _chain(self) -> pd.DataFrame:
        """Number the attempts of each operation, by the evidence that there is; the operations."""
        by_key: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for row in self.answers.itertuples():
            by_key[row.key].append(row)
        places: dict[int, tuple[Any, ...]] = {}
        operations: list[tuple[str, int, str]] = []
        for key, members in by_key.items():
            members.sort(key=lambda row: (row.received, row.sent))
            first = previous = None
            attempt = 0
            for row in members:
                if not self._goes_on(key[0] == "idempotency_key", first, previous, row):
                    if previous is not None:
                        operations.append(self._ended(previous, attempt))
                    first, previous, attempt = row, None, 0
                attempt += 1
                told, waited = None, 0
                if previous is not None:
                    told, waited = previous.told, row.received - previous.sent
                places[row.Index] = (
                    first.trace_id,
                    first.sent,
                    attempt,
                    told is not None and waited < told * SECOND - EARLY_TOLERANCE,
                    previous is not None and previous.retryable is False,
                    previous is not None
                    and previous.code in EXCUSABLE_CODES
                    and waited >= EXCUSABLE_AFTER,
                    told,
                )
                previous = row
            operations.append(self._ended(previous, attempt))
        names = [
            "first_trace", "first_sent", "attempt", "is_early", "after_final", "excusable",
            "told_before",
        ]  # fmt: skip
        found = pd.DataFrame([places[index] for index in self.answers.index], columns=names)
        self.answers[names] = found.astype({"told_before": object})
        return pd.DataFrame(operations, columns=["tenant_id", "attempts", "outcome"])

    @staticmethod
    def _goes_on(has_key: bool, first: Any, previous: Any, row: Any) -> bool:
        """Whether an attempt belongs to the operation of the one before."""
        if previous is None or not previous.is_error:
            return False
        if has_key:
            return bool(row.received - first.received <= KEY_LIFE)
        return bool(0 <= row.received - previous.sent <= gap_limit(previous))

    def _ended(self, last: Any, attempts: int) -> tuple[str, int, str]:
        if not last.is_error:
            outcome = "succeeded"
        elif last.sent + gap_limit(last) > self.newest:
            outcome = "open"
        else:
            outcome = "final_error" if last.retryable is False else "gave_up"
        return last.tenant_id, attempts, outcome

    def retry_figures(self) -> list[tuple[Any, ...]]:
        tenants = [None, *sorted(set(self.operations.tenant_id))]
        found = []
        for tenant_id in tenants:
            mine, answers = self.operations, self.answers
            if tenant_id is not None:
                mine = mine[mine.tenant_id == tenant_id]
                answers = answers[answers.tenant_id == tenant_id]
            attempts, operations = int(mine.attempts.sum()), len(mine)
            assert attempts == len(answers)
            won, open_ = (int((mine.outcome == name).sum()) for name in ("succeeded", "open"))
            found.append(
                (
                    tenant_id,
                    attempts,
                    operations,
                    attempts - operations,
                    round(attempts / operations, 9),
                    round((attempts - operations) / attempts, 9),
                    round(int((~answers.is_error).sum()) / attempts, 9),
                    round(won / (operations - open_), 9),
                    int((mine.outcome == "gave_up").sum()),
                    open_,
                    attempts - won,
                )
            )
        return found

    def saturation(self) -> list[tuple[Any, ...]]:
        answers = self.answers
        refused = answers[answers.code == 4002]
        accepted = answers[~answers.is_error & answers.route.isin(set(refused.route))]
        found = []
        for (tenant_id, hour), group in refused.groupby(["tenant_id", refused.received // HOUR]):
            served = accepted[
                (accepted.tenant_id == tenant_id) & (accepted.received // HOUR == hour)
            ]
            operations = set(zip(group.first_trace, group.first_sent, strict=True))
            met = operations & set(zip(served.first_trace, served.first_sent, strict=True))
            moments = sorted(group.received)
            onset = [a for a, b in zip(moments, moments[3:], strict=False) if b - a <= 2 * MINUTE]
            found.append(
                (
                    tenant_id,
                    hour,
                    len(served),
                    len(group),
                    len(operations),
                    len(operations - met),
                    moments[0],
                    onset[0] if onset else None,
                    moments[-1],
                )
            )
        return found

    def between(self, tenant_id: str, start: int, end: int) -> tuple[Any, ...]:
        answers = self.answers
        inside = answers[(answers.tenant_id == tenant_id) & answers.received.between(start, end)]
        again = inside[inside.attempt > 1]
        operations = len(set(zip(inside.first_trace, inside.first_sent, strict=True)))
        errors = inside[inside.is_error]
        return (
            tenant_id,
            int(again.received.min()),
            int(again.received.max()),
            len(inside),
            len(again),
            operations,
            round(len(inside) / operations, 9),
            round(int(again.is_early.sum()) / len(again), 9),
            len(errors),
            frozenset(code for code in errors.code if code is not None),
        )


def gap_limit(answer: Any) -> int:
    """How long after this answer another attempt without a key still belongs to it."""
    if answer.code == 1007:
        return (2 * (30 if answer.told is None else answer.told) + 60) * SECOND
    if answer.code == 4002:
        to_full_hour = 3600 - answer.sent // SECOND % 3600
        return (max(answer.told or 0, to_full_hour) + 900) * SECOND
    return MINUTE


def _answers(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each response with the request it answers: the last one of its trace before it."""
    traces: dict[tuple[Any, Any], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["event"] in ("request.received", "response.sent") and event.get("trace_id"):
            traces[event["trace_id"], event["tenant_id"]].append(event)
    for (trace_id, tenant_id), lines in traces.items():
        lines.sort(key=lambda line: (line["ts"], line["event"] == "response.sent"))
        request: dict[str, Any] = {}
        for line in lines:
            if line["event"] == "request.received":
                request = line
                continue
            sent = _moment(line["ts"])
            if request and sent - _moment(request["ts"]) > SAME_RESPONSE:
                request = {}
            yield {
                "trace_id": trace_id,
                "tenant_id": tenant_id,
                "sent": sent,
                "received": _moment(request["ts"])
                if request
                else sent - line["duration_ms"] * 1000,
                "surface": line["surface"],
                "route": line["http.route"],
                "key": _evidence(line, request),
                **_body(line),
            }
            request = {}


def _evidence(line: dict[str, Any], request: dict[str, Any]) -> tuple[Any, ...]:
    caller = line["tenant_id"], line["http.method"]
    if key := request.get("idempotency_key"):
        return "idempotency_key", *caller, line["http.route"], key
    if body := request.get("body_hash"):
        return "fingerprint", *caller, line["http.route"], body
    return "weak_fingerprint", *caller, line["http.path"], request.get("to")


def _body(line: dict[str, Any]) -> dict[str, Any]:
    body = line.get("response.body")
    if isinstance(body, str):
        body = json.loads(body)
    fields: dict[str, Any] = {}
    if body is not None:
        fields = body.get("error") or body.get("outputFields") or body
    code, told = fields.get("code"), fields.get("retry_after")
    if told is None:
        header = line.get("response.headers", {}).get("Retry-After")
        told = None if header is None else int(header)
    return {
        "is_error": body is not None or line["http.status"] >= 400,
        "code": None if code is None else int(code),
        "retryable": fields.get("retryable"),
        "told": told,
    }


def _lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return [
        line
        for line in (gzip.decompress(data) if path.suffix == ".gz" else data).split(b"\n")
        if line
    ]


def _moment(text: str) -> int:
    at = datetime.fromisoformat(text)
    return int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond
