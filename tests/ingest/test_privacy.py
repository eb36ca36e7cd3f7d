"""No phone number, message text or credential is anywhere after a load: not in a byte of a file
but the key, not in a cell of a table, not in what the commands print.

DuckDB packs strings, so a search of the bytes alone could miss what the tables hold, and both are
searched.
"""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

import chertlog.dashboard
from chertlog.ingest.cli import app
from chertlog.ingest.privacy import KEY_FILE, KEY_VARIABLE

DASHBOARD = Path(next(iter(chertlog.dashboard.__path__))) / "app.py"

# What is planted, and what of it must be nowhere.
PHONES = {
    "E.164": "+12025550143",
    "bare": "12025550143",
    "national": "2025550143",
    "brackets": "(202) 555-0143",
    "dashes": "202-555-0143",
    "dots": "202.555.0143",
    "blanks": "+1 202 555 0143",
    "international": "+44 20 7946 0143",
    "prefix 00": "00442079460143",
    "in a word": "tel:+12025550143;ext=1",
    "in a sentence": "call 202-555-0143 now",
    "full width": "+" + "".join(chr(0xFF10 + int(digit)) for digit in "12025550143"),
    "Arabic-Indic": "+" + "".join(chr(0x0660 + int(digit)) for digit in "12025550143"),
}
SECRETS = {
    "bearer": ("Bearer qX7canaryBearerToken", "qX7canaryBearerToken"),
    "basic": ("authorization: Basic cWNhbmFyeTpjYW5hcnk=", "cWNhbmFyeTpjYW5hcnk"),
    "JWT": ("eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnY2FuYXJ5", "c2lnY2FuYXJ5"),
    "PEM": ("-----BEGIN PRIVATE KEY-----\nMIIcanaryPEM\n-----END PRIVATE KEY-----", "MIIcanaryPEM"),
    "AWS": ("AKIACANARYCANARY1234", "AKIACANARYCANARY1234"),
    "live key": ("ck_live_canary8Tz", "canary8Tz"),
    "cookie": ("Cookie: sid=canaryCookie7", "canaryCookie7"),
    "cookies": ("Cookie: theme=dark; sid=canaryCookie8", "canaryCookie8"),
    "set-cookie": ("Set-Cookie: sid=canaryCookie9; Path=/", "canaryCookie9"),
    "signature": ("x-chert-signature: t=1795219202,v1=5f3canary9a", "5f3canary9a"),
    "password": ("password=canaryPass1", "canaryPass1"),
    "API key": ("api_key: canaryKey22", "canaryKey22"),
    "token in a URL": ("https://x.example/cb?access_token=canaryUrl5&y=1", "canaryUrl5"),
    "long token": ("0f9e8d7c6b5a4canary0f9e8d7c6b5a49382", "0f9e8d7c6b5a4canary"),
    "card": ("4111 1111 1111 1111", "4111 1111 1111 1111"),
    "bare card": ("5500005555555559", "5500005555555559"),
    "dashed card": ("4012-8888-8888-1881", "4012-8888-8888-1881"),
    "e-mail": ("zoe.canary@mail.example", "zoe.canary"),
    "IPv4": ("198.51.100.77", "198.51.100.77"),
    "IPv4, in a word": ("client=198.51.100.78;", "198.51.100.78"),
    "IPv6": ("2001:db8:85a3::8a2e:370:7334", "8a2e:370:7334"),
}
TEXT = "Zebracanary meets quaggacanary at noon"
FORBIDDEN = {
    **{f"phone, {name}": text for name, text in PHONES.items() if name[:2] != "in"},
    "digits": "2025550143",
    "last digits": "5550143",
    "last digits, dashed": "555-0143",
    "foreign digits": "2079460143",
    "foreign digits, spaced": "7946 0143",
    **{f"secret, {name}": rest for name, (_, rest) in SECRETS.items()},
    "text": "Zebracanary",
    "more text": "quaggacanary",
}
PLANTED = {**PHONES, **{name: text for name, (text, _) in SECRETS.items()}}

APP_FIELDS = [
    "level", "event", "service", "version", "host", "trace_id", "tenant_id", "surface",
    "http.method", "http.route", "http.path", "http.user_agent", "client_ip", "idempotency_key",
    "body_hash", "to", "delivery_service", "internal_code", "line", "detail", "error_type", "stack",
    "limit_rps", "tokens", "shard",
]  # fmt: skip
BODY_FIELDS = ["message", "reason", "trace_id", "code", "retry_after", "allowed_effects", "status"]
EDGE_FIELDS = ["trace", "tenant", "agent", "retry_after", "seconds", "status"]
RECORD_FIELDS = [
    "http.request.method", "http.route", "url.path", "chert.trace_id", "chert.tenant_id",
    "chert.surface", "error.type", "http.response.status_code", "chert.error.code",
    "chert.error.retryable", "chert.error.retry_after", "more",
]  # fmt: skip


def app_log(lines: Any) -> Iterator[bytes]:
    """Every canary in every field of every kind of line."""
    for number, text in enumerate(PLANTED.values()):
        trace = f"a{number:011x}"
        for field in APP_FIELDS:
            yield lines.app("10:00:00", "request.rejected", trace, **{field: text})
        states = [{"line": text, "used": text, "cap": 1}]
        yield lines.app("10:00:00", "capacity.exhausted", trace, lines=states)
        yield lines.received(
            "10:00:00", trace, headers={"authorization": text, text: 1}, **{text: 1}
        )
        yield lines.app(
            "10:00:00", "x", trace, http__path=f"/api/v1/chats/{text}/messages?q={text}"
        )
        headers = {"X-Trace-ID": text, "Retry-After": text}
        yield lines.sent("10:00:01", trace, 500, response__headers=headers)
        for n, field in enumerate(BODY_FIELDS):
            value: Any = [text] if field == "allowed_effects" else text
            inner = {"code": 4098, "message": "No.", "retryable": False, field: value}
            body = [{"success": False, "error": inner}, {"outputFields": inner}, inner][n % 3]
            sealed = json.dumps(body) if n % 2 else body
            yield lines.sent("10:00:01", f"{trace[:-2]}{n:02}", 500, response__body=sealed)
        yield lines.sent("10:00:01", trace, 500, response__body=text)
    quoted = {"success": False, "error": {"code": 4001, "message": f"cannot send '{TEXT}'"}}
    yield lines.received("10:00:00", "b00000000000", text=TEXT, body={"text": TEXT}, request=TEXT)
    yield lines.sent("10:00:01", "b00000000000", 500, response__body=quoted)


def broken(lines: Any) -> Iterator[bytes]:
    """Lines that are rejected, of every reason, with canaries and message texts in them."""
    for text in (*PLANTED.values(), TEXT):
        whole = lines.received("10:00:00", "c00000000000", text=f"{TEXT} {text}", detail=text)
        named = lines.app("10:00:00", "x", host=text, level=text, service=text, event=text)
        told = lines.app("10:00:00", "x", text, version=text, surface=text)
        for line in (whole, named, told):
            bare = line.rstrip(b"\n")
            yield bare[:-9] + b"\n"  # cut
            yield bare[:30] + text.encode().replace(b"\n", b" ") + b"\n"
            yield bare + line  # glued
            yield bare[:40] + b"\xff" + bare[40:] + b"\n"
            yield b"\0\0" + line
            yield line.replace(b'"ts":"2026-11-21', b'"ts":"2026-13-45')
            yield line.replace(b'"ts":"2026-11-21T10:00:00.000000Z"', b'"ts":%s' % _json(text))
            yield line.replace(b'"event":', b'"Event":')
            yield line.replace(b"}\n", b',"duration_ms":%s}\n' % _json(text))
        yield b"panic: " + text.encode().replace(b"\n", b" ") + b"\n"
        yield _json(f"{TEXT} {text}") + b"\n"
        yield _json([text]) + b"\n"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def edge_log(lines: Any) -> Iterator[bytes]:
    for number, text in enumerate(PLANTED.values()):
        trace = f"d{number:011x}"
        flat = text.replace("\n", " ").replace('"', r"\x22")
        for request in (
            f"GET /api/v1/chats/{flat} HTTP/1.1",
            f"POST /api/v1/send?to={flat} HTTP/1.1",
            f"GET /api/v1/chats/{quote(flat, safe='')}/messages HTTP/1.1",
            f"GET /api/v1/chats/x{quote(flat, safe='')}y HTTP/1.1",
            flat,
        ):
            yield lines.edge("10:00:00", trace, request=request)
        for field in EDGE_FIELDS:
            yield lines.edge("10:00:00", **{"trace": trace, field: flat})
            yield lines.edge("10:00:00", **{"trace": trace, field: flat.replace(" ", "+")})
        yield flat.encode() + b"\n"
        line = lines.edge("10:00:00", trace, agent=flat)
        yield line.replace(b"192.0.2.7 -", b"192.0.2.7 -" + flat.encode())
        yield line.replace(b"192.0.2.7", flat.encode())
        yield line[: len(line) // 2] + line
    yield from (lines.edge("10:00:00") for _ in range(len(PLANTED) * 12))  # else it is refused


def otlp_log(lines: Any) -> Iterator[bytes]:
    for number, text in enumerate(PLANTED.values()):
        trace = f"e{number:011x}"
        records = []
        for field in RECORD_FIELDS:
            record = lines.record("10:00:00", trace)
            for attribute in record["attributes"]:
                if attribute["key"] == field:
                    attribute["value"] = {"stringValue": text}
            record["attributes"].append({"key": field, "value": {"stringValue": text}})
            record["attributes"].append({"key": text, "value": {"stringValue": text}})
            records.append(record)
        for field in ("timeUnixNano", "severityText", "traceId", "eventName", "body", "spanId"):
            trace_id = None if field == "eventName" else trace
            records.append({**lines.record("10:00:00", trace_id), field: text})
        yield lines.otlp(*records)
        for field in ("service.name", "service.version", "host.name"):
            request = json.loads(lines.otlp(lines.record("10:00:00", trace)))
            attribute = {"key": field, "value": {"stringValue": text}}
            request["resourceLogs"][0]["resource"]["attributes"] = [attribute]
            yield _json(request) + b"\n"
        yield lines.otlp(lines.record("10:00:00", trace))[:-7] + text.encode()[:30] + b"\n"


@pytest.fixture(scope="module")
def planted(lines: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A data directory after the real command loaded all of it, and what the command printed."""
    folder = tmp_path_factory.mktemp("planted")
    data = folder / "data"
    good = [lines.app("09:00:00", "service.heartbeat")] * (40 * len(PLANTED))
    logs = {
        "app.ndjson": b"".join(app_log(lines)),
        "broken.ndjson": b"".join([*good, *broken(lines)]),
        "access.log": b"".join(edge_log(lines)),
        "logs.jsonl": b"".join(otlp_log(lines)),
    }
    for name, text in logs.items():
        (folder / name).write_bytes(text)
    command = [sys.executable, "-m", "chertlog.ingest", "ingest", "--final", "--timings"]
    names = [*logs, "app.ndjson"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "CHERTLOG_MEMORY_LIMIT": "200MB"}
    running = [*command, "--data-dir", str(data), *names]
    # A run that is killed as soon as lines are on the disk, and what it leaves behind.
    killed = subprocess.Popen(running, cwd=folder, stderr=subprocess.DEVNULL, env=environment)
    while killed.poll() is None and SEEN["killed"] < 100_000:
        SEEN["killed"] = sum(map(_size, data.rglob("*")))
    killed.kill()
    killed.wait()
    _look(data, "after kill -9")
    # The whole run, with the directory searched all the while: write-ahead log, spill, drafts.
    with (folder / "output").open("wb") as output:
        run = subprocess.Popen(running, cwd=folder, stdout=output, stderr=output, env=environment)
        while run.poll() is None:
            _look(data, "during the run")
            time.sleep(0.1)
    text = (folder / "output").read_bytes()
    assert run.returncode == 0, text.decode()[-2000:]
    return data, text


LEAKS: dict[str, list[str]] = {}
SEEN = {"killed": 0, "files": 0, "bytes": 0}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _look(folder: Path, when: str) -> None:
    """Search every file there is at this moment."""
    for path in folder.rglob("*"):
        if path.name.endswith(KEY_FILE) or path.is_symlink():
            continue
        try:
            text = path.read_bytes()
        except OSError:  # a folder, or gone
            continue
        SEEN["files"] += 1
        SEEN["bytes"] += len(text)
        if found := found_in(text):
            LEAKS[f"{path.name} {when}"] = found


def found_in(text: bytes) -> list[str]:
    """The canaries that occur in these bytes."""
    return [name for name, canary in FORBIDDEN.items() if canary.encode() in text]


def test_the_planted_logs_were_loaded(planted: Any) -> None:
    """Else nothing would be proved: each log has events, and each reason its rejected lines."""
    data, _ = planted
    with duckdb.connect(str((data / "chertlog.duckdb").resolve()), read_only=True) as con:
        logs = con.execute("select log from events group by log having count(*) > 300").fetchall()
        assert {row[0] for row in logs} == {"app", "edge", "otlp"}
        reasons = {row[0] for row in con.execute("select reason from rejected_lines").fetchall()}
    wanted = "encoding nul json not_object glued time event number syntax"
    assert reasons == {*wanted.split()}


def test_the_canaries_were_in_the_logs(planted: Any) -> None:
    data, _ = planted
    logs = b"".join(path.read_bytes() for path in data.parent.glob("*.*") if path.is_file())
    assert found_in(logs) == list(FORBIDDEN)


def test_no_canary_was_on_the_disk_while_it_ran_or_after_it_was_killed(planted: Any) -> None:
    assert SEEN["killed"] > 0 and SEEN["files"] > 5
    print(
        f"{len(FORBIDDEN)} canaries searched for in {SEEN['files']} states of files, "
        f"{SEEN['bytes'] / 1e6:.0f} MB"
    )
    assert LEAKS == {}


def test_no_canary_is_in_a_report_or_an_export(planted: Any, tmp_path: Path) -> None:
    data, _ = planted
    here = ["--data-dir", str(data)]
    page, text, table = tmp_path / "r.html", tmp_path / "r.md", tmp_path / "e.parquet"
    rows = tmp_path / "r.json"
    told = ["report", "--since", "all", "--html", str(page), "--markdown", str(text)]
    told += ["--json", str(rows)]
    exported = ["sql", "events", "--format", "parquet", "--output", str(table)]
    for arguments in (told, exported):
        assert CliRunner().invoke(app, [*arguments, *here]).exit_code == 0
    for path in (page, text, rows, table):
        assert len(path.read_bytes()) > 3000
        assert found_in(path.read_bytes()) == [], path.name
    for trace in ("a00000000001", "b00000000000", "d00000000003", "e00000000002"):
        story = CliRunner().invoke(app, ["trace", trace, *here])
        assert story.exit_code == 0
        assert found_in(story.output.encode()) == []
    assert found_in((data / "audit.log").read_bytes()) == []


SCREENS = (
    *("overview", "errors", "storms", "saturation", "contract", "clients"),
    *("trace", "sql", "health"),
)


ASKED = {
    "trace": ["a00000000001", "b00000000000", "d00000000003", "e00000000002"],
    "sql": ["select * from events order by trace_id", "select * from rejected_lines"],
}


def sent_to_the_browser(app: Any) -> bytes:
    """The elements of a screen as the server sends them, tables and charts among them."""
    elements = [getattr(each, "proto", None) for each in app._tree]
    return b"\n".join(each.SerializeToString() for each in elements if each is not None)


@pytest.mark.parametrize("screen", SCREENS)
def test_no_canary_is_on_a_screen(
    planted: Any, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = planted
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data))
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60).run()
    app.query_params["range"] = "all"
    app.switch_page(f"screens/{screen}/page.py")
    shown = []
    for text in ASKED.get(screen, [""]):
        app.query_params[screen] = text
        shown.append(sent_to_the_browser(app.run()))
    assert not app.exception
    assert min(map(len, shown)) > 1000
    assert screen not in ("trace", "sql") or b"a00000000001" in shown[0]
    assert {name for text in shown for name in found_in(text)} == set()


def test_no_canary_is_in_the_bytes_of_any_file(planted: Any) -> None:
    data, _ = planted
    files = [path for path in data.rglob("*") if path.is_file() and path.name != KEY_FILE]
    assert {"work.duckdb", "000001.duckdb"} <= {path.name for path in files}
    assert {
        path.name: found_in(path.read_bytes()) for path in files if found_in(path.read_bytes())
    } == {}


@pytest.mark.parametrize("name", ["work.duckdb", "chertlog.duckdb"])
def test_no_canary_is_in_any_column(planted: Any, name: str) -> None:
    """Which column of which table still shows what; numbers are looked at as text."""
    data, _ = planted
    leaks: dict[str, list[str]] = {}
    with duckdb.connect(str((data / name).resolve()), read_only=True) as con:
        columns = con.execute(
            """
            select schema_name, table_name, column_name from duckdb_columns()
            where not internal and database_name = current_database()
            """
        ).fetchall()
        for schema, table, column in columns:
            cells = con.execute(f'select distinct "{column}"::varchar from {schema}."{table}"')
            text = "\n".join(row[0] for row in cells.fetchall() if row[0] is not None)
            if found := found_in(text.encode()):
                leaks[f"{schema}.{table}.{column}"] = found
    assert leaks == {}


def test_no_canary_is_printed(planted: Any) -> None:
    data, output = planted
    assert b"Published" in output
    assert found_in(output) == []
    for query in ("rejected_lines", "select * from events", "select * from sources"):
        for form in ("table", "csv", "json"):
            asked = ["sql", query, "--format", form, "--data-dir", str(data)]
            result = CliRunner().invoke(app, asked)
            assert result.exit_code == 0, result.output[-500:]
            assert found_in(result.output.encode()) == [], (query, form)


# ---- pseudonyms and the key


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE)


def test_a_key_is_made_on_first_use(no_key: None, store: Any, write: Any, lines: Any) -> None:
    store.ingest(write("app.log", lines.received("10:00:00", "t1")))
    path = store.folder / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes().strip()) == 64
    assert [p.name for p in store.folder.glob(f".{KEY_FILE}*")] == []
    key = path.read_bytes()
    store.ingest(write("b.log", lines.received("11:00:00", "t2")))
    assert path.read_bytes() == key
    assert store.column("select count(distinct recipient) from events") == [1]


def test_two_databases_with_keys_of_their_own_cannot_be_joined(
    no_key: None, new_store: Any, write: Any, lines: Any
) -> None:
    path = write("app.log", lines.received("10:00:00", "t1", idempotency_key="k"))
    found = []
    for name in ("one", "two"):
        store = new_store(name)
        store.ingest(path)
        found.append(store.sql("select recipient, body_hash, idempotency_key from events")[0])
    assert not set(found[0]) & set(found[1])


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_short_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, write: Any, lines: Any
) -> None:
    path = write("app.log", lines.received("10:00:00", "t1"))
    monkeypatch.setenv(KEY_VARIABLE, "fifteen-bytes-x")
    result = run("ingest", path, "--data-dir", tmp_path / "data")
    assert result.exit_code == 2
    assert "too short" in result.stderr and "fifteen-bytes-x" not in result.output
    assert not (tmp_path / "data" / "work.duckdb").exists()


def test_a_short_key_file_is_refused(no_key: None, tmp_path: Path, write: Any, lines: Any) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / KEY_FILE).write_bytes(b"short\n")
    path = write("app.log", lines.received("10:00:00", "t1"))
    assert run("ingest", path, "--data-dir", tmp_path / "data").exit_code == 2


def test_another_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, store: Any, write: Callable[..., Path], lines: Any
) -> None:
    """Else one person would have two pseudonyms in one database."""
    store.ingest(write("app.log", lines.received("10:00:00", "t1")))
    before = store.generation
    monkeypatch.setenv(KEY_VARIABLE, "another key, long enough")
    path = write("b.log", lines.received("11:00:00", "t2"))
    result = run("ingest", path, "--data-dir", store.folder)
    assert result.exit_code == 3
    assert "another key" in result.stderr
    assert "long enough" not in result.output
    assert store.generation == before
