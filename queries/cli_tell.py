"""The commands that explain: trace, code, report.

Owns their arguments, and what goes to stdout and what to stderr. What they need is imported when
a command runs: `chertlog --help` must not wait for it.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import friendly, note
from chertlog.queries.cli_options import DataDir, ReportShape, StoryShape, find_data_dir

if TYPE_CHECKING:
    from datetime import timedelta

    from chertlog.queries.database import Connection
    from chertlog.queries.report_page import Page


def trace(
    asked: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A trace_id, or the whole JSON error body; - reads it from stdin."
        ),
    ],
    shape: Annotated[
        StoryShape, typer.Option("--format", help="Text, or JSON for programs.")
    ] = StoryShape.text,
    data_dir: DataDir = None,
) -> None:
    """Tell the story of a trace_id that a customer quoted, and what to answer.

    \b
    Example:
      chertlog trace a1b2c3d4e5f6
      chertlog trace '{"success":false,"error":{"code":4002},"trace_id":"a1b2c3d4e5f6"}'
    """
    with friendly():
        from chertlog.queries.audit import record
        from chertlog.queries.database import connect
        from chertlog.queries.story import tell, trace_id_in
        from chertlog.queries.story_text import story_json, story_text
        from chertlog.queries.tables import say

        trace_id = trace_id_in(sys.stdin.read() if asked == "-" else asked)
        with connect(find_data_dir(data_dir)) as db:
            record(db.path, "trace", door="chertlog trace", trace_id=trace_id)
            stories = tell(db, trace_id)
        say(story_json(stories) if shape is StoryShape.json else story_text(stories))


def code(
    asked: Annotated[str, typer.Argument(metavar="CODE", help="A code or its name.")],
    data_dir: DataDir = None,
) -> None:
    """Say what an error code means, what to do, and what the data say about it.

    \b
    Example:
      chertlog code 4002
      chertlog code AUTH_MISSING
    """
    with friendly():
        from chertlog.queries.cards import code_card, figures_card
        from chertlog.queries.catalogue import code_figures, find_code
        from chertlog.queries.cli_errors import NotFound
        from chertlog.queries.database import connect
        from chertlog.queries.errors import NoDatabase
        from chertlog.queries.tables import say

        try:
            facts = find_code(asked)
        except NotFound:
            # A code that is in no reference may be in the data all the same.
            if asked.isascii() and asked.isdigit() and len(asked) < 10:
                _undocumented(int(asked), data_dir)
            raise
        say(code_card(facts))
        try:
            with connect(find_data_dir(data_dir)) as db:
                say(figures_card(facts, code_figures(db, facts.error_code)))
        except NoDatabase as error:
            note(f"What the data say is not known: {error.what} ({error.where}). {error.next}")


def _undocumented(number: int, data_dir: Path | None) -> None:
    from chertlog.queries.cards import figures_card
    from chertlog.queries.catalogue import code_figures
    from chertlog.queries.database import connect
    from chertlog.queries.errors import NoDatabase
    from chertlog.queries.tables import say

    try:
        with connect(find_data_dir(data_dir)) as db:
            figures = code_figures(db, number)
    except NoDatabase:
        return
    if figures.totals:
        say(figures_card(None, figures))


def report(
    since: Annotated[
        str, typer.Option(help="How far to look back from the newest data: 90m, 24h, 7d, all.")
    ] = "24h",
    tenant: Annotated[
        str | None,
        typer.Option(help="The report to send to this customer: nothing in it is about others."),
    ] = None,
    shape: Annotated[
        ReportShape, typer.Option("--format", help="What is printed.")
    ] = ReportShape.markdown,
    html: Annotated[
        Path | None, typer.Option(help="Write a self-contained HTML page to this file.")
    ] = None,
    markdown: Annotated[
        str | None, typer.Option(help="Write Markdown to this file; - is stdout.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write JSON to this file; docs/report.md.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Report what went wrong and what changed: errors, storms, saturation, clients, drift, data.

    It is compared with the window before and with a week before, where the data reach. With a
    file to write to, nothing is printed.

    \b
    Example:
      chertlog report --since 24h
      chertlog report --since 7d --html report.html --json report.json
      chertlog report --tenant tenant-06 --html to-send.html
    """
    with friendly():
        from chertlog.queries.cli_results import write_file
        from chertlog.queries.database import connect
        from chertlog.queries.report import parse_since

        try:
            span = parse_since(since)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--since") from None
        with connect(find_data_dir(data_dir)) as db:
            write = _writers(db, span, tenant)
        files = {ReportShape.html: html, ReportShape.json: json_file}
        if markdown not in (None, "-"):
            files[ReportShape.markdown] = Path(str(markdown))
        written = {each: path for each, path in files.items() if path is not None}
        for each, path in written.items():
            write_file(path, write[each]().encode())
            note(f"Written: {path}")
        if markdown == "-" or not written:
            printed = ReportShape.markdown if markdown == "-" else shape
            text = write[printed]()
            if printed is ReportShape.markdown:
                _print_markdown(text, raw=markdown == "-")
            else:
                sys.stdout.write(text)


def _writers(
    db: "Connection", span: "timedelta | None", tenant: str | None
) -> dict[ReportShape, Callable[[], str]]:
    """What writes the report in each form: ours, or that of one customer."""
    from chertlog.queries.report import gather, window_of
    from chertlog.queries.report_html import report_html
    from chertlog.queries.report_json import report_json
    from chertlog.queries.report_markdown import report_markdown
    from chertlog.queries.report_sections import page as page_of
    from chertlog.queries.report_tenant import gather_tenant, tenant_json, tenant_page

    if tenant is not None:
        theirs = gather_tenant(db, window_of(db, span), tenant)
        page: Page | None = tenant_page(theirs)
        as_json = partial(tenant_json, theirs)
    else:
        ours = gather(db, span)
        page = page_of(ours)
        as_json = partial(report_json, ours, page)
    return {
        ReportShape.markdown: partial(report_markdown, page),
        ReportShape.html: partial(report_html, page),
        ReportShape.json: as_json,
    }


def _print_markdown(text: str, raw: bool) -> None:
    from chertlog.queries.tables import say, terminal_width, to_text

    if raw or not sys.stdout.isatty():
        say(text)
        return
    from rich.markdown import Markdown

    say(to_text(Markdown(text, hyperlinks=False), width=min(terminal_width(), 140)))
