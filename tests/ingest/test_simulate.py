"""The simulated day against an independent reading of its files: plain Python, line by line.

Nothing here knows how the files were made. If truth.json and this recount agree, ingest can be
held to truth.json.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chertlog.ingest.simulate import Summary, write_day
from chertlog.ingest.simulate.catalogue import CODES
from chertlog.ingest.simulate.damage_kinds import APP_KINDS, EDGE_KINDS, OTLP_KINDS
from chertlog.ingest.simulate.traffic import ROUTES, TENANTS

EDGE_LINE = re.compile(
    r"\S+ - \S+ \[(?P<time>[^\]]+)\] "
    r'"(?P<request>[^"]*)" (?P<status>\d{3}) \d+ "[^"]*" "[^"]*" trace_id=(?P<trace_id>\S+) '
    r'rt=\d+\.\d{3} urt="[^"]*" uaddr="[^"]*" retry_after=(?:-|\d+) tenant=(?:-|tenant-\d\d)'
)
SENDING = {(route.method, route.template) for route in ROUTES if route.sends}


class Written(NamedTuple):
    out: Path
    summary: Summary
    truth: dict[str, Any]
    rows: list[dict[str, str]]


class Account(NamedTuple):
    """What one file comes to."""

    counts: dict[str, int]
    rejected: list[list[Any]]


class Recount:
    """Reads one log's files in order, as a right ingest would."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self.accepted: list[dict[str, Any]] = []

    def app(self, data: bytes) -> Account:
        counts, rejected = Counter[str](), []
        for number, offset, line in _lines(data):
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            counts["lines"] += 1
            if not line.strip(b" \t\r"):
                counts["blank"] += 1
                continue
            value = _object(line)
            if not isinstance(value, str):
                value = _app_fault(value) or value
            if isinstance(value, str):
                rejected.append([number, offset, value])
            elif value.get("trace_id") and line.rstrip(b"\r") in self.seen:
                counts["duplicates"] += 1
            else:
                self.seen.add(line.rstrip(b"\r"))
                self.accepted.append(value)
                counts["events"] += 1
        return _account(counts, rejected)

    def edge(self, data: bytes) -> Account:
        counts, rejected = Counter[str](), []
        for number, offset, line in _lines(data):
            counts["lines"] += 1
            if not line.strip(b" \t\r"):
                counts["blank"] += 1
                continue
            try:
                found = EDGE_LINE.fullmatch(line.decode())
            except UnicodeDecodeError:
                rejected.append([number, offset, "encoding"])
                continue
            if found is None:
                rejected.append([number, offset, "syntax"])
            elif found["trace_id"] != "-" and line in self.seen:
                counts["duplicates"] += 1
            else:
                self.seen.add(line)
                self.accepted.append(found.groupdict())
                counts["events"] += 1
        return _account(counts, rejected)

    def otlp(self, data: bytes) -> Account:
        counts, rejected = Counter[str](), []
        for number, offset, line in _lines(data):
            if not line.strip(b" \t\r"):
                counts.update(lines=1, blank=1)
                continue
            value = _object(line)
            if not isinstance(value, str) and not isinstance(value.get("resourceLogs"), list):
                value = "shape"
            if isinstance(value, str):
                counts["lines"] += 1
                rejected.append([number, offset, value])
                continue
            records = [
                record
                for resource in value["resourceLogs"]
                for scope in resource["scopeLogs"]
                for record in scope["logRecords"]
            ]
            assert 1 <= len(records) <= 50
            counts["lines"] += len(records)
            if line in self.seen:
                counts["duplicates"] += len(records)
                continue
            self.seen.add(line)
            for record in records:
                fields = {a["key"]: next(iter(a["value"].values())) for a in record["attributes"]}
                if not record["timeUnixNano"].isdecimal():
                    rejected.append([number, offset, "time"])
                elif not str(fields["http.response.status_code"]).isdecimal():
                    rejected.append([number, offset, "number"])
                else:
                    self.accepted.append({"sent": int(record["timeUnixNano"]) // 1000, **fields})
                    counts["events"] += 1
        return _account(counts, rejected)


def _account(counts: Counter[str], rejected: list[list[Any]]) -> Account:
    names = ("lines", "events", "blank", "duplicates")
    return Account({n: counts[n] for n in names} | {"rejected": len(rejected)}, rejected)


def _lines(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    assert data.endswith(b"\n")
    offset = 0
    for number, line in enumerate(data[:-1].split(b"\n"), start=1):
        yield number, offset, line
        offset += len(line) + 1


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _object(line: bytes) -> dict[str, Any] | str:
    """The line's one JSON object, or why it has none."""
    try:
        text = line.decode().strip(" \t\r")
    except UnicodeDecodeError:
        return "encoding"
    if "\0" in text:
        return "nul"
    values = []
    decoder = json.JSONDecoder(object_pairs_hook=_first_wins)
    while text:
        try:
            value, end = decoder.raw_decode(text)
        except ValueError:
            return "json"
        values.append(value)
        text = text[end:].lstrip(" \t\r")
    if len(values) > 1:
        return "glued" if all(isinstance(v, dict) for v in values) else "json"
    return values[0] if isinstance(values[0], dict) else "not_object"


def _app_fault(value: dict[str, Any]) -> str | None:
    try:
        datetime.fromisoformat(value["ts"])
    except (KeyError, ValueError):
        return "time"
    if "event" not in value:
        return "event"
    return None if isinstance(value.get("duration_ms", 0), int) else "number"


def _bytes_of(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def _write(out: Path, **arguments: Any) -> Written:
    summary = write_day(out, **arguments)
    truth = json.loads((out / "truth.json").read_text("utf-8"))
    text = gzip.decompress((out / "truth-responses.csv.gz").read_bytes()).decode()
    return Written(out, summary, truth, list(csv.DictReader(text.splitlines())))


def _recounted(day: Written) -> dict[str, Recount]:
    """Compare every file's account with the truth, and give back what was accepted."""
    recounts = {log: Recount() for log in ("app", "edge", "otlp")}
    for told in day.truth["files"]:
        data = _bytes_of(day.out / told["path"])
        found = getattr(recounts[told["log"]], told["log"])(data)
        assert found.counts == {name: told[name] for name in found.counts}, told["path"]
        assert found.rejected == told["rejected_lines"], told["path"]
        assert told["bytes"] == len(data)
        assert told["lines"] == sum(
            told[name] for name in ("events", "rejected", "blank", "duplicates")
        )
    return recounts


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return _write(tmp_path_factory.mktemp("whole"), rps=0.2)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return _write(tmp_path_factory.mktemp("damaged"), rps=0.06, corrupt=0.05, seed=7)


@pytest.fixture(scope="module")
def whole_logs(whole: Written) -> dict[str, Recount]:
    return _recounted(whole)


@pytest.fixture(scope="module")
def damaged_logs(damaged: Written) -> dict[str, Recount]:
    return _recounted(damaged)


def test_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    start = datetime(2026, 3, 1, 22, 47, 13, tzinfo=UTC)
    days = [
        _write(tmp_path / name, seed=seed, hours=2.5, rps=0.5, corrupt=0.02, start=start)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    first, again, other = (
        {path.relative_to(day.out): path.read_bytes() for path in day.summary.paths} for day in days
    )
    assert first == again
    assert first != other
    _recounted(days[0])
    names = sorted(path.name for path in (tmp_path / "a" / "app").iterdir())
    assert names == [
        "chert-api.2026-03-01T22.ndjson.gz",
        "chert-api.2026-03-01T23.ndjson.gz",
        "chert-api.2026-03-02T00.ndjson",
        "chert-api.2026-03-02T01.ndjson",
    ]


def test_impossible_arguments_are_refused(tmp_path: Path) -> None:
    for wrong in ({"hours": 0}, {"rps": -1}, {"corrupt": 0.9}, {"corrupt": -0.1}):
        with pytest.raises(ValueError):
            write_day(tmp_path, **wrong)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    summary = write_day(tmp_path, hours=0.1, rps=1, progress=lambda *n: told.append(n))
    assert told[-1] == (summary.responses, 360)


def test_truth_is_marked_so_that_ingest_can_skip_it(whole: Written) -> None:
    assert (whole.out / "truth.json").read_text("utf-8").startswith('{"chertlog_truth": 1')
    assert next(iter(whole.rows[0])) == "chertlog_truth_trace_id"


def test_whole_files_are_all_events(whole: Written, whole_logs: dict[str, Recount]) -> None:
    for log, told in whole.truth["logs"].items():
        assert told["lines"] == told["events"] == len(whole_logs[log].accepted)
        assert whole.summary.lines[log] == told["lines"]
    names = {path.relative_to(whole.out).as_posix() for path in whole.summary.paths}
    assert {"nginx/access.log", "nginx/access.log.1", "nginx/access.log.2.gz"} <= names
    assert sum(name.startswith("app/") for name in names) == 24
    assert sum(name.startswith("app/") and name.endswith(".gz") for name in names) == 22


def test_application_log_is_in_time_order(whole: Written) -> None:
    for path in sorted((whole.out / "app").iterdir()):
        stamps = [json.loads(line)["ts"] for line in _bytes_of(path).split(b"\n") if line]
        assert stamps == sorted(stamps)
        assert all(stamp.startswith(path.name[10:23]) for stamp in (stamps[0], stamps[-1]))


def test_rejections_are_as_the_truth_says(
    damaged: Written, damaged_logs: dict[str, Recount]
) -> None:
    reasons = {
        (file["log"], reason)
        for file in damaged.truth["files"]
        for *_, reason in file["rejected_lines"]
    }
    json_faults = ("encoding", "nul", "json", "not_object", "glued", "time", "event", "number")
    assert reasons >= {("app", reason) for reason in json_faults}
    assert reasons >= {("edge", "syntax"), ("edge", "encoding")}
    assert reasons >= {
        ("otlp", reason) for reason in ("encoding", "json", "not_object", "shape", "time", "number")
    }
    assert all(told["duplicates"] and told["blank"] for told in damaged.truth["logs"].values())


def test_every_kind_of_damage_occurs(damaged: Written) -> None:
    for log, kinds in (("app", APP_KINDS), ("edge", EDGE_KINDS), ("otlp", OTLP_KINDS)):
        wanted = {kind.__name__ for kind in kinds} | (
            {"byte_order_mark"} if log == "app" else set()
        )
        assert set(damaged.truth["damage"][log]) == wanted


@pytest.mark.parametrize("name", ["whole", "damaged"])
def test_rows_say_which_logs_still_show_a_response(
    name: str, request: pytest.FixtureRequest
) -> None:
    day: Written = request.getfixturevalue(name)
    logs: dict[str, Recount] = request.getfixturevalue(f"{name}_logs")
    sent = [e for e in logs["app"].accepted if e["event"] == "response.sent"]
    received = [e for e in logs["app"].accepted if e["event"] == "request.received"]
    edge = [e for e in logs["edge"].accepted if e["trace_id"] != "-"]

    def rows(flag: str) -> list[tuple[str, str]]:
        return sorted(_key(r) for r in day.rows if r[flag] == "true")

    def _key(row: dict[str, str]) -> tuple[str, str]:
        return row["chertlog_truth_trace_id"], row["occurred_at"]

    assert rows("app_sent") == sorted((e["trace_id"], e["ts"]) for e in sent)
    assert [key for key, _ in rows("edge")] == sorted(e["trace_id"] for e in edge)
    assert [key for key, _ in rows("otlp")] == sorted(
        e["chert.trace_id"] for e in logs["otlp"].accepted
    )
    seen = sorted(r["chertlog_truth_trace_id"] for r in day.rows if r["app_received"] == "true")
    assert sorted(seen + day.truth["unanswered"]) == sorted(e["trace_id"] for e in received)
    anonymous = Counter(int(e["status"]) for e in logs["edge"].accepted if e["trace_id"] == "-")
    told = Counter[int]()
    for group in day.truth["edge_only"]:
        told[group["http_status"]] += group["n"]
    assert told == anonymous


@pytest.mark.parametrize("name", ["whole", "damaged"])
def test_errors_equal_a_recount(name: str, request: pytest.FixtureRequest) -> None:
    day: Written = request.getfixturevalue(name)
    logs: dict[str, Recount] = request.getfixturevalue(f"{name}_logs")
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    responses: dict[tuple[str, str], tuple[str, str]] = {}
    for record in logs["otlp"].accepted:
        stamp = f"{datetime.fromtimestamp(record['sent'] / 1e6, UTC):%Y-%m-%dT%H}"
        key = (record["chert.trace_id"], str(record["sent"]))
        responses[key] = stamp, record["chert.surface"]
        if (
            "chert.error.code" in record
            or "chert.error.retryable" in record
            or (int(record["http.response.status_code"]) >= 400)
        ):
            code = record.get("chert.error.code")
            found[key] = (
                stamp,
                None if code is None else int(code),
                record.get("chert.error.retryable"),
                record["chert.surface"],
            )
    for event in logs["app"].accepted:
        if event["event"] != "response.sent":
            continue
        at = datetime.fromisoformat(event["ts"])
        micros = int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond
        key = (event["trace_id"], str(micros))
        responses[key] = event["ts"][:13], event["surface"]
        if "response.body" in event or event["http.status"] >= 400:
            fields = _fields(_body(event))
            code = fields.get("code")
            found[key] = (
                event["ts"][:13],
                None if code is None else int(code),
                fields.get("retryable"),
                event["surface"],
            )
    told = {
        (e["hour"], e["error_code"], e["retryable"], e["surface"]): e["n"]
        for e in day.truth["errors"]
    }
    assert told == Counter(found.values())
    by_hour = {(e["hour"], e["surface"]): e["n"] for e in day.truth["responses_by_hour_surface"]}
    assert by_hour == Counter(responses.values())


def _body(event: dict[str, Any]) -> dict[str, Any]:
    body = event.get("response.body", {})
    parsed: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return parsed


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    inner: dict[str, Any] = body.get("error") or body.get("outputFields") or body
    return inner


def _envelope(body: dict[str, Any], route: str) -> str:
    if "error" in body:
        return "standard"
    if "outputFields" in body:
        return "hubspot_workflow"
    if "ok" in body:
        return "hubspot_webhook" if route == "/api/hubspot/webhook" else "ok_flag"
    return "send_flat"


def test_violations_are_exactly_those_planned(
    whole: Written, whole_logs: dict[str, Recount]
) -> None:
    envelopes = {route.template: route.envelope for route in ROUTES}
    found: dict[str, set[str]] = defaultdict(set)
    shapes = set()
    for event in whole_logs["app"].accepted:
        body = _body(event)
        if not body:
            continue
        trace_id, wire, route = event["trace_id"], event["http.status"], event["http.route"]
        fields, headers = _fields(body), event["response.headers"]
        code = fields.get("code")
        known = CODES.get(int(code or 0))
        shape = _envelope(body, route)
        shapes.add(shape)
        status = fields.get("status")
        wait, header = fields.get("retry_after"), headers.get("Retry-After")
        indexed = fields.get("attachment_index")
        limited = code is not None and int(code) in (1007, 4002)
        faults = {
            "undocumented_code": code is not None and known is None,
            "missing_retryable": "retryable" not in fields,
            "missing_code": code is None,
            "code_as_string": isinstance(code, str),
            "undocumented_status": known is not None
            and wire not in known.statuses
            and not (event["surface"] == "hubspot" and wire == 200),
            "status_mismatch": isinstance(status, int) and status != wire,
            "trace_id_mismatch": body.get("trace_id", fields.get("trace_id", trace_id)) != trace_id,
            "missing_trace_id": "trace_id" not in body and "trace_id" not in fields,
            "missing_trace_header": "X-Trace-ID" not in headers,
            "retry_after_mismatch": wait is not None and str(wait) != header,
            "missing_retry_after": limited and wait is None,
            "unexpected_retry_after": not limited and wait is not None,
            "attachment_index": indexed is not None
            and str(code) not in ("1002", "1011", "5001", "5002", "5003", "5004"),
            "missing_allowed_effects": str(code) == "4098" and "allowed_effects" not in fields,
            "wrong_envelope": shape != envelopes[route],
            "forbidden_detail": re.search(r"internal:|RELAY_|constraint|GCM", str(fields))
            is not None,
            "success_with_error": True in (body.get("success"), fields.get("ok")),
        }
        for kind, broken in faults.items():
            if broken:
                found[kind].add(trace_id)
    logged = {r["chertlog_truth_trace_id"] for r in whole.rows if r["app_sent"] == "true"}
    told = {kind: set(ids) & logged for kind, ids in whole.truth["violations"].items()}
    duplicates = told.pop("duplicate_trace_id")
    assert found == {kind: ids for kind, ids in told.items() if ids}
    assert len(found) == 17
    assert shapes == {"standard", "send_flat", "ok_flag", "hubspot_webhook", "hubspot_workflow"}
    doubled = Counter(
        (r["chertlog_truth_trace_id"], r["tenant_id"])
        for r in whole.rows
        if r["duplicate_trace_id"] == "true"
    )
    assert {trace_id for trace_id, _ in doubled} == duplicates
    assert set(doubled.values()) == {2}
    flapping = whole.truth["flapping_retryable"]
    assert {(f["http_route"], f["error_code"]) for f in flapping} == {("/api/v1/attachments", 3001)}


def test_all_codes_and_tenants_occur(whole: Written) -> None:
    assert {int(r["error_code"]) for r in whole.rows if r["error_code"]} >= set(CODES)
    assert len({r["tenant_id"] for r in whole.rows}) == TENANTS
    assert len(whole.rows) == pytest.approx(0.2 * 86_400, rel=0.1)
    failed_over_200 = [
        r for r in whole.rows if r["is_error"] == "true" and r["http_status"] == "200"
    ]
    assert {r["surface"] for r in failed_over_200} == {"hubspot"}


def test_4002_arises_only_once_the_hours_quota_is_used_up(whole: Written) -> None:
    quota = {tenant["tenant_id"]: tenant["quota"] for tenant in whole.truth["tenants"]}
    hours: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in sorted(whole.rows, key=lambda row: row["received_at"]):
        if (row["http_method"], row["http_route"]) in SENDING:
            hours[row["tenant_id"], row["received_at"][:13]].append(row)
    saturated = set()
    for (tenant, hour), rows in hours.items():
        accepted = 0
        for row in rows:
            if row["error_code"] == "4002":
                assert accepted == quota[tenant]
                saturated.add((tenant, hour))
            accepted += row["is_error"] == "false"
        assert accepted <= quota[tenant]
    told = {(s["tenant_id"], s["hour"]) for s in whole.truth["saturated"]}
    assert told == saturated
    assert 2 <= len({tenant for tenant, _ in saturated}) <= TENANTS / 2


def test_client_conduct_is_told_from_the_clients_side(whole: Written) -> None:
    chains: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in sorted(whole.rows, key=lambda row: int(row["attempt"])):
        chains[row["operation"]].append(row)
    early, final = set(), set()
    for chain in chains.values():
        assert [int(row["attempt"]) for row in chain] == list(range(1, len(chain) + 1))
        for before, row in pairwise(chain):
            assert before["is_error"] == "true"
            told = before["retry_after_s"] or before["retry_after_header_s"]
            gap = datetime.fromisoformat(row["received_at"]) - datetime.fromisoformat(
                before["occurred_at"]
            )
            if told and gap.total_seconds() < int(told) - 1:
                early.add(row["chertlog_truth_trace_id"])
            if before["retryable"] == "false":
                final.add(row["chertlog_truth_trace_id"])
    assert early == set(whole.truth["early_retries"])
    assert final == set(whole.truth["retries_of_final_errors"])
    assert early and final
    manners = {row["manner"] for row in whole.rows}
    assert manners >= {"compliant", "tight_loop", "top_of_hour", "retries_everything"}
    assert manners >= {"no_key", "mints_keys", "never_retries"}


def test_colliding_ids_are_two_responses(whole: Written) -> None:
    rows = defaultdict(list)
    for row in whole.rows:
        rows[row["chertlog_truth_trace_id"]].append(row)
    shared = {key: pair for key, pair in rows.items() if len(pair) > 1}
    planned = set(whole.truth["collisions"]) | set(whole.truth["violations"]["duplicate_trace_id"])
    assert set(shared) == planned
    for trace_id in whole.truth["collisions"]:
        one, two = shared[trace_id]
        apart = datetime.fromisoformat(two["occurred_at"]) - datetime.fromisoformat(
            one["occurred_at"]
        )
        assert len(trace_id) == 8
        assert one["tenant_id"] != two["tenant_id"] or apart.total_seconds() > 900


def test_phone_numbers_are_fictional(whole: Written, whole_logs: dict[str, Recount]) -> None:
    text = json.dumps(whole_logs["app"].accepted)
    numbers = set(re.findall(r"\+\d{7,}", text))
    assert len(numbers) > 1000
    assert all(re.fullmatch(r"\+1[2-9]\d\d55501\d\d", number) for number in numbers)
    assert "Bearer ck_test_" in text
