"""The commands that explain: trace, code, report.

Owns their arguments, and what goes to stdout and what to stderr. What they need is imported when
a command runs: `chertlog --help` must not wait for it.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from chertlog.queries.cli_errors import friendly, note
from chertlog.queries.cli_options import DataDir, StoryShape, find_data_dir


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
    html: Annotated[
        Path | None, typer.Option(help="Write a self-contained HTML page to this file.")
    ] = None,
    markdown: Annotated[
        str | None, typer.Option(help="Write Markdown to this file; - is stdout.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Report what went wrong: rates, codes, surfaces, retryability, damaged lines, freshness.

    \b
    Example:
      chertlog report --since 24h
      chertlog report --since 7d --html report.html
    """
    with friendly():
        from chertlog.queries.cli_results import write_file
        from chertlog.queries.database import connect
        from chertlog.queries.report import gather, parse_since
        from chertlog.queries.report_markdown import report_markdown

        try:
            span = parse_since(since)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--since") from None
        with connect(find_data_dir(data_dir)) as db:
            gathered = gather(db, span)
        if html is not None:
            from chertlog.queries.report_html import report_html

            write_file(html, report_html(gathered).encode())
            note(f"Written: {html}")
        if markdown not in (None, "-"):
            write_file(Path(str(markdown)), report_markdown(gathered).encode())
            note(f"Written: {markdown}")
        elif markdown == "-" or html is None:
            _print_markdown(report_markdown(gathered), raw=markdown == "-")


def _print_markdown(text: str, raw: bool) -> None:
    from chertlog.queries.tables import say, terminal_width, to_text

    if raw or not sys.stdout.isatty():
        say(text)
        return
    from rich.markdown import Markdown

    say(to_text(Markdown(text, hyperlinks=False), width=min(terminal_width(), 140)))
