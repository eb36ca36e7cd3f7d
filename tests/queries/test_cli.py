"""The asking commands as their users meet them: stdout, stderr, exit codes, start-up."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner, Result

from chertlog.queries.clean_text import clean_line, safe_csv
from chertlog.queries.cli import register
from chertlog.queries.cli_errors import friendly
from chertlog.queries.tables import shown

from ..sums import fill_sums

Row = Callable[..., None]
Run = Callable[..., Result]
SLOW = "select count(*) from range(100000000) a, range(100000) b"
HOSTILE = "=cmd|'/c calc'!A1 \x1b[2J[bold]x[/]"


def command_line() -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    register(app)
    return app


@pytest.fixture
def run(data_dir: Path) -> Run:
    """Run a command over an empty published database, unless the test names another."""

    def invoke(*arguments: object, data: object = data_dir) -> Result:
        words = [str(each) for each in arguments]
        return CliRunner().invoke(command_line(), [*words, "--data-dir", str(data)])

    return invoke


@pytest.fixture
def publish(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[[], Path]:
    """Close what the test has written; the file is what readers open."""

    def close() -> Path:
        fill_sums(con)
        con.execute("use memory")
        con.execute("detach built")
        return tmp_path / "built.duckdb"

    return close


def in_a_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python of its own, in which nothing has been imported by another test."""
    path = os.pathsep.join(each for each in sys.path if each)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
        timeout=60,
    )


MAIN = "import typer; from chertlog.queries.cli import register; app = typer.Typer(); register(app)"


@pytest.mark.parametrize("arguments", [["--help"], ["sql", "select 1"], ["report"]])
def test_neither_pandas_nor_the_dashboard_is_loaded(arguments: list[str], data_dir: Path) -> None:
    code = (
        f"{MAIN}; import sys, contextlib\n"
        f"with contextlib.suppress(SystemExit): app({arguments!r})\n"
        "loaded = {'pandas', 'streamlit', 'altair'} & set(sys.modules)\n"
        "print('LOADED', sorted(loaded), file=sys.stderr)"
    )
    done = in_a_process(code, CHERTLOG_DATA_DIR=str(data_dir))
    assert done.stderr.splitlines()[-1] == "LOADED []", done.stderr


def test_help_waits_for_nothing_heavy() -> None:
    code = f"{MAIN}; import sys; print({{'duckdb', 'pyarrow', 'rich'}} & set(sys.modules))"
    assert in_a_process(code).stdout.strip() == "set()"


@pytest.mark.parametrize("command", ["sql", "views", "trace", "code", "report"])
def test_every_help_has_an_example(command: str) -> None:
    done = CliRunner().invoke(command_line(), [command, "--help"])
    assert done.exit_code == 0
    assert f"chertlog {command}" in " ".join(done.stdout.split("Example:")[1].split())


def test_sql_answers_on_stdout_and_remarks_on_stderr(run: Run) -> None:
    done = run("sql", "select 4002 as error_code, 1234567 as errors, null as x, true as retryable")
    head, _, row = done.stdout.splitlines()
    assert head.split() == ["error_code", "errors", "x", "retryable"]
    # A count has separators, a code has none.
    assert row.split() == ["4002", "1,234,567", "–", "true"]
    assert done.stderr == "1 row\n"
    assert done.exit_code == 0


def test_a_table_ends_somewhere_and_says_so(run: Run) -> None:
    done = run("sql", "select unnest(range(500)) as n")
    assert len(done.stdout.splitlines()) == 2 + 100
    assert done.stderr.startswith("the first 100 rows; there are more: --limit 1000")
    assert len(run("sql", "from range(500)", "--format", "csv").stdout.splitlines()) == 501


def test_a_view_is_shown_by_its_name_and_json_is_one_array(run: Run) -> None:
    rows = json.loads(run("sql", "error_codes", "--format", "json").stdout)
    assert len(rows) == 38
    assert rows[0]["error_code"] == 1001


def test_parquet_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "codes.parquet"
    done = run("sql", "error_codes", "--format", "parquet", "--output", file)
    assert (done.exit_code, done.stdout) == (0, "")
    assert pq.read_table(file).num_rows == 38


def test_csv_holds_no_formulas(run: Run) -> None:
    question = "select '=1+1' as a, '+49 30' as b, '-2' as c, -2.5 as d, '@x' as e, chr(9) as f"
    _, row = csv.reader(io.StringIO(run("sql", question, "--format", "csv").stdout))
    assert row == ["'=1+1", "'+49 30", "-2", "-2.5", "'@x", "'\t"]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("\x1b[31m=1+1", "'=1+1"),  # what hides the formula is gone in the end
        ("-1+cmd|x", "'-1+cmd|x"),
        ("\r=1", "'=1"),
        ("1e-5", "1e-5"),
        ("-inf", "-inf"),
        ("fine", "fine"),
        ("'=1", "'=1"),
    ],
)
def test_cells_for_spreadsheets(cell: str, safe: str) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([cell])
    assert list(csv.reader(io.StringIO(safe_csv(file.getvalue())))) == [[safe]]


@pytest.mark.parametrize("shape", ["table", "csv", "json"])
def test_log_text_cannot_steer_a_terminal(
    run: Run, response: Row, publish: Callable[[], Path], shape: str
) -> None:
    response(1, "2026-11-21 10:00:00", http_route=f"{HOSTILE}\x9b31m", error_message="\u202etxt")
    question = "select http_route, error_message from responses"
    done = run("sql", question, "--format", shape, data=publish())
    for control in ("\x1b", "\x9b", "\u202e"):
        assert control not in done.stdout
    # Markup of rich is text like any other.
    assert "[bold]x[/]" in done.stdout


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("a\x1b]0;never ended", "a0;never ended"),
        ("a\x00b\x7fc\x85d", "abcd"),
        ("one\r\ntwo\tthree", "one two three"),
        ("\ud800", ""),
    ],
)
def test_control_characters_are_taken_out(text: str, plain: str) -> None:
    assert clean_line(text) == plain


@pytest.mark.parametrize(
    ("value", "column", "text"),
    [
        (4002, "error_code", "4002"),
        (12345, "failed_operations", "12,345"),
        (12345, "count(*)", "12,345"),
        (12345, "line_number", "12345"),
        (0.09887107, "error_ratio", "0.0988711"),
        (["app", None], "seen_in", "[app, –]"),
        ({"line": "l_1", "used": 87}, "lines", "{line: l_1, used: 87}"),
    ],
)
def test_how_values_look(value: object, column: str, text: str) -> None:
    assert shown(value, column) == text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["sql", "selec 1"], 2, "syntax error"),
        (["sql", "drop table x"], 2, "only one SELECT"),
        (["sql", SLOW, "--timeout", 0.5], 3, "stopped after 0.5 s"),
        (["views", "error_by_code"], 1, "errors_by_code"),
        (["trace", "a1b2c3d4e5f6"], 1, "no events yet"),
        (["code", "4003"], 1, "4002 LINES_SATURATED"),
        (["code", "AUTH_MISING"], 1, "2012 AUTH_MISSING"),
        (["report", "--since", "soon"], 2, "write 90m, 24h, 7d or all"),
        (["report", "--html", "missing/folder/x.html"], 3, "cannot be written"),
    ],
    ids=lambda value: "_".join(map(str, value[:2])) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_said_and_has_its_exit_code(
    run: Run, arguments: list[object], code: int, words: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == code, done.stderr
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [["sql"], ["sql", "select 1"], ["views"], ["trace", "x"], ["report"]]
)
def test_without_a_database_the_next_step_is_said(
    run: Run, tmp_path: Path, arguments: list[str]
) -> None:
    done = run(*arguments, data=tmp_path / "nowhere")
    assert done.exit_code == 3
    assert "no database yet" in done.stderr
    assert "chertlog ingest PATH" in done.stderr


def test_the_catalogue_needs_no_database(run: Run, tmp_path: Path) -> None:
    done = run("code", "auth-missing", data=tmp_path / "nowhere")
    assert done.exit_code == 0
    assert done.stdout.startswith("2012 AUTH_MISSING\n")
    assert "Add the x-chert-signature header (or bearer token)." in done.stdout
    assert "no database yet" in done.stderr


def test_a_code_with_its_figures(run: Run, response: Row, publish: Callable[[], Path]) -> None:
    error = {"is_error": True, "error_code": 3004, "http_status": 502}
    for number, sent in enumerate([True, True, False, None], start=1):
        response(number, f"2026-11-21 10:0{number}:00", retryable=sent, **error)
    response(9, "2026-11-21 11:00:00", is_error=True, error_code=1001, retryable=False)
    text = " ".join(run("code", "3004", data=publish()).stdout.split())
    assert "errors 4 (80.0% of all errors)" in text
    assert "v1 true 2 v1 lost 1 v1 false 1" in text or "v1 true 2 v1 false 1 v1 lost 1" in text
    assert "/api/v1/send false 1" in text  # the one override
    assert text.index("trace4") < text.index("trace1")  # the latest first


def test_a_code_that_only_the_data_know(
    run: Run, response: Row, publish: Callable[[], Path]
) -> None:
    response(1, "2026-11-21 10:00:00", is_error=True, error_code=4100, retryable=False)
    done = run("code", "4100", data=publish())
    assert done.exit_code == 1
    assert "Not in the API reference, but in the data" in done.stdout
    assert "the API reference has no code 4100" in done.stderr


def test_the_views_explain_themselves(run: Run) -> None:
    listed = run("views").stdout
    assert "errors_by_code" in listed
    assert "trace(id)" in listed
    assert listed == run("sql").stdout  # a question without a question
    described = " ".join(run("views", "errors_by_code").stdout.split())
    assert "grain one row per error code" in described
    assert "share DOUBLE errors / errors with any code or none" in described


def test_a_view_whose_name_is_sql_is_not_run(run: Run) -> None:
    assert run("views", 'error_codes" limit 1; --').exit_code == 1


def test_the_report_goes_where_it_is_sent(run: Run, tmp_path: Path) -> None:
    page, text, rows = tmp_path / "r.html", tmp_path / "r.md", tmp_path / "r.json"
    done = run("report", "--html", page, "--markdown", text, "--json", rows)
    assert (done.exit_code, done.stdout) == (0, "")
    assert page.read_text().startswith("<!doctype html>")
    assert text.read_text() == run("report").stdout == run("report", "--markdown", "-").stdout
    assert json.loads(rows.read_text()) == json.loads(run("report", "--format", "json").stdout)


def test_a_trace_is_told_from_a_pasted_body(
    run: Run, response: Row, operation: Row, event: Row, publish: Callable[[], Path]
) -> None:
    response(1, "2026-11-21 10:00:00", trace_id="a1b2c3d4e5f6")
    operation(1, "2026-11-21 10:00:00")
    event(1, "2026-11-21 10:00:00", trace_id="a1b2c3d4e5f6")
    path = publish()
    done = run("trace", '{"ok":true,"trace_id":"a1b2c3d4e5f6"}', data=path)
    assert "Succeeded. Chert answered HTTP 200." in done.stdout
    (story,) = json.loads(run("trace", "a1b2c3d4e5f6", "--format", "json", data=path).stdout)
    assert story["told"]["status"] == "HTTP 200"


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (RuntimeError("odd"), 3), (BrokenPipeError(), 0)],
)
def test_the_rest_of_what_can_happen(
    error: BaseException,
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chertlog.queries.cli_errors._drop", lambda stream: None)
    with pytest.raises(SystemExit) as caught, friendly():
        raise error
    assert caught.value.code == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_traceback_is_there_for_who_asks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHERTLOG_DEBUG", "1")
    with pytest.raises(SystemExit), friendly():
        raise RuntimeError("odd")
    assert "Traceback" in capsys.readouterr().err


def test_typers_own_endings_pass() -> None:
    with pytest.raises(typer.Exit), friendly():
        raise typer.Exit(1)


def test_a_reader_that_leaves_early_is_no_error(data_dir: Path) -> None:
    code = f"{MAIN}; app(['sql', 'from range(200000)', '--format', 'csv'])"
    path = os.pathsep.join(each for each in sys.path if each)
    environment = {**os.environ, "PYTHONPATH": path, "CHERTLOG_DATA_DIR": str(data_dir)}
    # Without a buffer Python keeps quiet about the rest of a write that was cut off.
    environment.pop("PYTHONUNBUFFERED", None)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "range\n"
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "")
