"""Formats of the user's own, --format, and what is said of files that are not understood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app
from chertlog.ingest.detection import detect
from chertlog.ingest.formats import formats
from chertlog.ingest.log_format import named_templates
from chertlog.ingest.settings import load_settings

CONFIG = r"""
time_zone = "Europe/Berlin"

[edge]
log_formats = [
    '''log_format timed escape=json '{"at":"$time_iso8601","st":$status,'
    '"ms":$request_time,"rq":"$request"}';''',
    'LogFormat "%h %t \"%r\" %>s %D %{X-Trace-ID}o" traced',
]

[formats.billing]
looks_like = ['"svc" ?: ?"billing"']
[formats.billing.fields]
time = "when"
status_if_number = ["result", "http.status"]
any_id = "correlation"
detail = "note"

[formats.legacy]
syntax = "pattern"
[formats.legacy.patterns]
text = '(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?P<level>[A-Z]+) user=(?:\S+) .*'
[formats.legacy.fields]
time = "at"
level = "level"
"""
FILES = {
    "billing.log": b'{"svc":"billing","when":"2026-07-01 12:00:00","result":"402","correlation":'
    b'"4bf92f3577b34da6a3ce929d0e0e4736","note":"card +12025550143 refused"}\n',
    "legacy.log": b"2026-07-01 12:00:01 WARN user=ann says something\n",
    "timed.log": b'{"at":"2026-07-01T12:00:02+02:00","st":499,"ms":,"rq":"GET /x HTTP/1.1"}\n'
    b'{"at":"2026-07-01T12:00:03+02:00","st":200,"ms":0.250,"rq":"GET /y HTTP/1.1"}\n',
    "traced.log": b'203.0.113.7 [01/Jul/2026:12:00:04 +0200] "GET /z HTTP/1.1" 503 1500 '
    b"5f0000000b01\n",
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "chertlog.toml").write_text(CONFIG, "utf-8")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(app, ["ingest", "--final", *FILES])
    assert result.exit_code == 0, result.output
    return folder


def test_formats_of_the_users_own(loaded: Path) -> None:
    with duckdb.connect(str((loaded / "chertlog-data/chertlog.duckdb").resolve())) as con:
        rows = con.execute(
            "select s.format, s.rejected, e.occurred_at::varchar, e.http_status, e.duration_ms, "
            "e.detail, coalesce(e.trace_id, e.otel_trace_id) "
            "from events as e inner join sources as s using (source_id) order by e.occurred_at"
        ).fetchall()
    w3c = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert rows == [
        ("billing", 0, "2026-07-01 10:00:00", 402, None, "card [number] refused", w3c),
        ("legacy", 0, "2026-07-01 10:00:01", None, None, None, None),
        ("nginx:timed", 0, "2026-07-01 10:00:02", 499, None, None, None),
        ("nginx:timed", 0, "2026-07-01 10:00:03", 200, 250, None, None),
        ("apache:traced", 0, "2026-07-01 10:00:04", 503, 2, None, "5f0000000b01"),
    ]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('time_zone = "Mars/Base"', "unknown time zone"),
        ("[formats]\nx = 1", "section for each format"),
        ("[formats.x]\nfields = {}", "it needs a section [fields]"),
        ('[formats.x]\nfilds = {}\n[formats.x.fields]\ntime = "t"', "did you mean 'fields'"),
        ('[formats.x.fields]\nlevel = "l"', "no field stands for time"),
        ('[formats.x.fields]\ntime = "t"\nstatsu = "s"', "did you mean 'status'"),
        ('[formats.x]\nsyntax = "xml"\n[formats.x.fields]\ntime = "t"', "unknown syntax 'xml'"),
        ('[formats.x]\nsyntax = "pattern"\n[formats.x.fields]\ntime = "t"', "[patterns]"),
        ("[formats.x]\nlooks_like = '('\n[formats.x.fields]\ntime = 't'", "cannot be used"),
        ("[formats.x]\nlooks_like = '(?=a)'\n[formats.x.fields]\ntime = 't'", "cannot be used"),
        ('[edge]\nlog_formats = ["%h %r"]', "no $time_local"),
    ],
)
def test_a_format_that_cannot_be_used_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, said: str
) -> None:
    (tmp_path / "chertlog.toml").write_text(config, "utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["formats"])
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def test_formats_shows_what_a_file_becomes(run: Any, tmp_path: Path) -> None:
    lines = [b'{"level":30,"time":1795255200123,"pid":1,"msg":"x"}\n'] * 5
    (tmp_path / "a.log").write_bytes(b"".join(lines) + b"panic: no carrier\n")
    result = run("formats", "a.log", "--rows", "2")
    assert result.exit_code == 0
    assert "format      pino" in result.stdout
    assert "confidence  83%, 83% of the first 6 lines" in result.stdout
    assert "6 lines = 5 events + 1 rejected + 0 blank (json 1)" in result.stdout
    assert result.stdout.count("  event  ") == 2
    assert "line 6: byte_offset=260, reject_reason=json" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]  # nothing is written


def test_format_overrides_what_the_lines_say(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b'{"level":30,"time":1795255200123,"pid":1}\n' * 3)
    assert "format      json" in run("formats", "a.log", "--format", "json").stdout
    assert "3 rejected" in run("formats", "a.log", "--format", "nginx:combined").stdout
    assert "cri > pino" in run("formats", "a.log", "--format", "cri > pino").stdout
    wrong = run("ingest", "a.log", "--format", "pinot")
    assert (wrong.exit_code, "did you mean 'pino'" in wrong.output) == (2, True)
    assert run("ingest", "a.log", "--format", "json", "--final").exit_code == 0
    with duckdb.connect(str((tmp_path / "chertlog-data/chertlog.duckdb").resolve())) as con:
        assert con.execute("select format, events from sources").fetchall() == [("json", 3)]


def test_a_mostly_foreign_file_is_refused_with_the_commonest_reasons(
    run: Any, tmp_path: Path
) -> None:
    good = b'{"level":"info","ts":1795255200,"msg":"x"}\n'
    no_time = b'{"level":"info","ts":1,"msg":"x"}\n'
    (tmp_path / "a.log").write_bytes(good * 8 + no_time * 9 + b"milk\n" * 5)
    result = run("ingest", "a.log", "--final")
    assert result.exit_code == 1
    assert "14 of 22 lines do not fit format zap (time 9, json 5)" in " ".join(
        result.output.split()
    )


def test_snake_case_of_otlp_is_refused_with_a_hint(run: Any, tmp_path: Path) -> None:
    for name in ("logs", "spans"):
        (tmp_path / f"{name}.json").write_bytes(f'{{"resource_{name}":[]}}\n'.encode())
    result = run("ingest", "logs.json", "spans.json")
    assert result.exit_code == 1
    assert " ".join(result.output.split()).count("lowerCamelCase") == 2


def test_templates_are_told_apart() -> None:
    named = named_templates([r'LogFormat "%h \"%r\"" one', "%h %t %>s", "$status [$time_local]"])
    assert named == {"one": '%h "%r"', "custom2": "%h %t %>s", "custom3": "$status [$time_local]"}


def test_an_own_format_goes_before_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chertlog.toml").write_text(CONFIG, "utf-8")
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    known = formats(settings.log_formats, settings.field_maps)
    line = (
        b'{"svc":"billing","when":"2026-07-01 12:00:00","level":30,"time":1795255200123,"pid":1}\n'
    )
    found = detect(line, known)
    assert found is not None and found.format.name == "billing"
