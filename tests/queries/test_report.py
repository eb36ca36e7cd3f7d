"""The report: its numbers against sums done by hand, its forms against hostile logs."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from markdown_it import MarkdownIt

from chertlog.queries import connect
from chertlog.queries.charts_svg import nice_top
from chertlog.queries.report import Report, bucket_width, gather, parse_since, window_of
from chertlog.queries.report_html import report_html
from chertlog.queries.report_json import report_json
from chertlog.queries.report_markdown import report_markdown, spark
from chertlog.queries.report_sections import page, sections
from chertlog.queries.report_tenant import gather_tenant, tenant_json, tenant_page
from chertlog.queries.report_words import change, percent

from ..sums import fill_sums

Row = Callable[..., None]
Ask = Callable[[str], Report]
HOSTILE = (
    '`</code><script>alert(1)</script>|[x](http://evil.test) ![i](http://evil.test/i) "\x1b[31m'
)


@pytest.fixture
def report_of(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Ask:
    """Publish what the test has written, and gather the report since some time."""

    def ask(since: str) -> Report:
        con.execute("insert into store.meta values ('newest_at', '2026-11-22 12:00:00')")
        fill_sums(con)
        con.execute("use memory")
        con.execute("detach built")
        with connect(tmp_path / "built.duckdb") as db:
            return gather(db, parse_since(since))

    return ask


@pytest.fixture
def night(response: Row, operation: Row, event: Row, source: Row) -> None:
    """Ten responses, two of them in the hour before the last; the newest at 11:59:30."""
    ends = {"first_event_at": "2026-11-22 10:30:00", "last_event_at": "2026-11-22 11:59:30"}
    source(1, format="app", lines=12, events=10, rejected=1, blank=1, **ends)
    event(1, "2026-11-22 11:59:30", trace_id="newest")
    hubspot = {"surface": "hubspot"}
    answers = [
        ("10:30:00", {}),
        ("10:30:10", {"is_error": True, "error_code": 3002, "retryable": True}),
        ("11:00:00", {"is_error": True, "error_code": 4002, "retryable": True}),
        ("11:00:10", {"is_error": True, "error_code": 4002, "retryable": None}),
        ("11:10:00", {"is_error": True, "error_code": 3004, "retryable": False}),
        ("11:20:00", {"is_error": True, "error_code": 4100, "retryable": False}),
        ("11:30:00", {"is_error": True, "error_code": 1001, "retryable": False}),
        ("11:40:00", {"is_error": None, "seen_in": 2}),
        (
            "11:50:00",
            {**hubspot, "is_error": True, "error_code": 2010, "retryable": False},
        ),
        ("11:59:30", hubspot),
    ]
    for number, (at, row) in enumerate(answers, start=1):
        status = 200 if row.get("surface") == "hubspot" or not row.get("is_error") else 500
        response(number, f"2026-11-22 {at}", http_status=status, **row)
        failed = bool(row.get("is_error"))
        flag = row.get("retryable")
        operation(number, f"2026-11-22 {at}", succeeded=not failed, last_retryable=flag)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90m", 90), ("24h", 1440), ("7d", 10080), (" 2 W ", 20160), ("all", None)],
)
def test_lengths_of_time(text: str, minutes: int | None) -> None:
    span = parse_since(text)
    assert (span.total_seconds() / 60 if span else None) == minutes


@pytest.mark.parametrize("text", ["", "24", "h", "-3h", "0h", "yesterday", "1.5h", "٣h"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        parse_since(text)


@pytest.mark.usefixtures("night")
def test_the_window_counts_back_from_the_newest_data(report_of: Ask) -> None:
    report = report_of("1h")
    assert (str(report.since), str(report.until)) == ("2026-11-22 11:00:00", "2026-11-22 12:00:00")
    totals = report.totals
    # Eight responses, one unclassified: six errors of seven.
    assert (totals["responses"], totals["errors"], totals["unclassified"]) == (8, 6, 1)
    assert totals["error_ratio"] == pytest.approx(6 / 7)
    assert (totals["operations"], totals["failed_operations"]) == (8, 6)
    assert totals["logical_failures"] == 1
    # Before that the data do not reach over a whole hour: no comparison.
    assert report.before is None
    assert [period.why for period in report.compared] == [
        "the data begin at 2026-11-22 10:30 UTC"
    ] * 2


@pytest.mark.usefixtures("night")
def test_every_table_adds_up(report_of: Ask) -> None:
    report = report_of("1h")
    codes = [(row["error_code"], row["errors"]) for row in report.by_code]
    assert codes == [(4002, 2), (1001, 1), (2010, 1), (3004, 1), (4100, 1)]
    assert report.by_code[0]["share"] == pytest.approx(2 / 6)
    assert (report.by_code[0]["retryable_errors"], report.by_code[0]["flagless_errors"]) == (1, 1)
    assert sum(row["errors"] for row in report.by_retryability) == 6
    assert sum(row["errors"] for row in report.by_surface) == 6
    sums = {
        name: sum(row[name] for row in report.over_time)
        for name in ("client_errors", "platform_errors", "capacity_errors", "unclassified_errors")
    }
    assert list(sums.values()) == [2, 1, 2, 1]
    (override,) = report.overrides
    assert (override["error_code"], override["retryable"], override["errors"]) == (3004, False, 1)
    assert (override["errors_before"], override["is_new"]) == (None, True)


@pytest.mark.usefixtures("night")
def test_the_window_before_is_compared_where_the_data_reach(report_of: Ask) -> None:
    report = report_of("30m")
    assert report.totals["responses"] == 4
    assert report.before is not None and report.before.totals is not None
    assert report.before.totals["responses"] == 4
    assert "after 100 % in the window before" in report_markdown(page(report))


@pytest.mark.usefixtures("night")
def test_the_whole_agrees_with_the_published_views(report_of: Ask, tmp_path: Path) -> None:
    report = report_of("all")
    with connect(tmp_path / "built.duckdb") as db:
        for view, rows in (("code", report.by_code), ("surface", report.by_surface)):
            key = "error_code" if view == "code" else "surface"
            published = {r[key]: r["errors"] for r in db.rows(f"from errors_by_{view}")}
            assert {row[key]: row["errors"] for row in rows} == published


@pytest.mark.usefixtures("night")
def test_every_dig_on_question_can_be_asked(report_of: Ask, tmp_path: Path) -> None:
    report = report_of("24h")
    with connect(tmp_path / "built.duckdb") as db:
        for section in sections(report):
            match = re.fullmatch(r'chertlog (?:sql (?:"(.*)"|(\w+))|check)|', section.dig)
            assert match, section.dig
            if asked := match[1] or match[2]:
                db.rows(asked if match[1] else f"from {asked}")


def test_an_empty_database_says_so(report_of: Ask) -> None:
    report = report_of("24h")
    assert "no events yet" in report_markdown(page(report))
    assert "no events yet" in report_html(page(report))
    told = json.loads(report_json(report, page(report)))
    assert (told["schema"], told["until"], told["by_code"]) == (1, None, [])


def test_a_window_without_responses_says_so(report_of: Ask, event: Row) -> None:
    event(1, "2026-11-22 11:59:30", event="service.heartbeat")
    report = report_of("24h")
    assert "No response was logged in this window." in report_markdown(page(report))
    assert "No response was logged in this window." in report_html(page(report))


@pytest.mark.usefixtures("night")
def test_a_clock_ahead_is_remarked(report_of: Ask, con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into store.ingest_run (run_no, started_at, finished_at, tool_version, files, "
        "loaded, refused, lines, events, rejected, blank, duplicates) values "
        "(1, '2026-11-20', '2026-11-20', '0', 1, 1, 0, 12, 10, 1, 1, 0)"
    )
    assert "some clock was wrong" in report_markdown(page(report_of("24h")))


class Page(HTMLParser):
    """What a page holds: its elements, and the attributes that could load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.risky: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.risky += [n for n, _ in attrs if n.startswith("on") or n in ("src", "href", "style")]


@pytest.fixture
def hostile(
    response: Row, operation: Row, event: Row, source: Row, con: duckdb.DuckDBPyConnection
) -> None:
    """Logs that attack whoever reads the report."""
    event(1, "2026-11-22 11:59:30")
    ends = {"first_event_at": "2026-11-22 11:00:00", "last_event_at": "2026-11-22 11:59:30"}
    source(1, path=f"{HOSTILE}.ndjson", format=HOSTILE, **ends)
    row = {"is_error": True, "error_code": 3004, "retryable": False}
    response(1, "2026-11-22 11:59:30", surface=HOSTILE, http_route=HOSTILE, **row)
    operation(1, "2026-11-22 11:59:30", succeeded=False)
    con.execute(
        "insert into store.rejected_line (source_no, line_number, byte_offset, reason, excerpt) "
        "values (1, 1, 0, 'syntax', $1)",
        [HOSTILE],
    )


@pytest.mark.usefixtures("hostile")
def test_html_from_hostile_logs_is_inert(report_of: Ask) -> None:
    text = report_html(page(report_of("24h")))
    seen = Page(text)
    assert not {"script", "img", "a", "iframe", "link", "object"} & set(seen.tags)
    assert seen.risky == []
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text


def test_a_customers_report_with_a_hostile_name_is_inert(
    con: duckdb.DuckDBPyConnection, response: Row, operation: Row, event: Row, tmp_path: Path
) -> None:
    event(1, "2026-11-22 11:59:30")
    row = {"is_error": True, "error_code": 3004, "retryable": False, "tenant_id": HOSTILE}
    response(1, "2026-11-22 11:59:30", trace_id=HOSTILE, **row)
    operation(1, "2026-11-22 11:59:30", succeeded=False, tenant_id=HOSTILE)
    con.execute("insert into store.meta values ('newest_at', '2026-11-22 12:00:00')")
    fill_sums(con)
    con.execute("use memory")
    con.execute("detach built")
    with connect(tmp_path / "built.duckdb") as db:
        theirs = gather_tenant(db, window_of(db, parse_since("24h")), HOSTILE)
    seen = Page(report_html(tenant_page(theirs)))
    assert not {"script", "img", "a", "iframe", "link", "object"} & set(seen.tags)
    assert seen.risky == []
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = parser.parse(report_markdown(tenant_page(theirs)))
    inline = [child for token in tokens for child in token.children or []]
    assert not {token.type for token in [*tokens, *inline]} & {"link_open", "image", "html_inline"}
    assert json.loads(tenant_json(theirs))["tenant"] == HOSTILE
    assert "\x1b" not in tenant_json(theirs) + report_markdown(tenant_page(theirs))


@pytest.mark.usefixtures("hostile")
def test_markdown_from_hostile_logs_is_inert(report_of: Ask) -> None:
    text = report_markdown(page(report_of("24h")))
    assert "\x1b" not in text
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    inline = [child for token in parser.parse(text) for child in token.children or []]
    kinds = {token.type for token in [*parser.parse(text), *inline]}
    assert not kinds & {"link_open", "image", "html_inline", "html_block"}
    # A pipe that got through would move every cell after it.
    for token in parser.parse(text):
        if token.type == "table_open":
            lines = [line.replace(r"\|", "") for line in text.splitlines()[slice(*token.map or ())]]
            assert len({line.count("|") for line in lines}) == 1, lines


@pytest.mark.usefixtures("night")
def test_the_page_needs_nothing_from_elsewhere(report_of: Ask) -> None:
    text = report_html(page(report_of("24h")))
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text


@pytest.mark.usefixtures("night")
def test_every_chart_has_a_name_of_its_own(report_of: Ask) -> None:
    text = report_html(page(report_of("24h")))
    named = re.findall(r'<svg role="img" aria-labelledby="([\w-]+)', text)
    assert len(named) == len(set(named)) > 5
    for name in named:
        assert f'<title id="{name}">' in text


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (None, "–"),
        (0, "0 %"),
        (0.0946, "9.46 %"),
        (0.00012, "0.012 %"),
        (0.9999, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_ratios_are_never_rounded_to_all_or_nothing(ratio: float | None, words: str) -> None:
    assert percent(ratio) == words


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        (None, 1, ""),
        (1, None, ""),
        (7, 7, "="),
        (7, 0, "from 0"),
        (0, 7, "none now"),
        (104, 100, "+4 %"),
        (96, 100, "−4 %"),
        (1001, 1000, "under 1 %"),
        (25, 10, "× 2.5"),
        (1000, 10, "× 100"),
    ],
)
def test_changes_in_words(now: float | None, then: float | None, words: str) -> None:
    assert change(now, then) == words


def test_sparks_tell_little_from_nothing() -> None:
    assert spark([0, 1, 500, 1000], 1000) == " ▁▄█"


@pytest.mark.parametrize(
    ("value", "top"), [(0, 4), (4, 4), (7, 8), (9, 10), (610, 800), (1000, 1000), (1001, 2000)]
)
def test_axes_end_at_round_numbers(value: float, top: float) -> None:
    assert nice_top(value) == pytest.approx(top)


def test_buckets_are_neither_too_many_nor_too_few() -> None:
    widths = {}
    for since in ("90m", "24h", "7d", "52w"):
        span = parse_since(since)
        assert span is not None
        start = datetime(2026, 1, 1)
        widths[since] = bucket_width(start, start + span)
    assert widths == {"90m": 1, "24h": 15, "7d": 180, "52w": 7 * 1440}
