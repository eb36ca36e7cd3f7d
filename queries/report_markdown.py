"""The report as Markdown, for a terminal, an issue or a mail.

Owns the Markdown alone. Text from logs stands in code spans, where nothing has a meaning.
"""

from collections.abc import Sequence

from chertlog.queries.clean_text import clean, markdown_code, markdown_text
from chertlog.queries.report_page import Cell, Logged, Page, Row, Section, Series
from chertlog.queries.report_words import percent
from chertlog.queries.tables import time_text

EMPTY = (
    "# Chert API errors\n\nThe database holds no events yet. To load logs, run "
    "`chertlog ingest PATH`; to try it with simulated ones, `chertlog demo`.\n"
)
_SPARKS = "▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 48


def report_markdown(page: Page | None) -> str:
    """The whole report; ends with a newline."""
    if page is None:
        return EMPTY
    parts = [f"# {markdown_text(page.title)}", markdown_text(page.window)]
    parts.append(markdown_text(page.summary))
    if page.remarks:
        parts.append("\n".join(f"- {markdown_text(remark)}" for remark in page.remarks))
    headline = [[markdown_text(text) for text in tile] for tile in page.tiles]
    if headline:
        parts.append(_table(["Headline", "", ""], headline, frozenset({1})))
    if page.quote:
        heading, paragraph = page.quote
        parts += [f"## {markdown_text(heading)}", _quoted(paragraph)]
    if page.series:
        parts += _over_time(page.series)
    for section in page.sections:
        parts += _section(section)
    parts.append(markdown_text(page.footer))
    return "\n\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {markdown_text(line)}" for line in clean(text).split("\n"))


def _section(section: Section) -> list[str]:
    parts = [f"## {markdown_text(section.title)}"]
    parts += [markdown_text(section.text)] if section.text else []
    if section.rows:
        cells = [[_cell(cell) for cell in row] for row in section.rows]
        parts.append(_table(section.columns, cells, section.right))
    else:
        parts.append(section.empty)
    return [*parts, _dig(section.dig)] if section.dig else parts


def _cell(cell: Cell) -> str:
    return markdown_code(cell.text) if isinstance(cell, Logged) else markdown_text(cell)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> str:
    marks = ["---:" if number in right else "---" for number in range(len(columns))]
    lines = [list(map(markdown_text, columns)), marks, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _dig(question: str) -> str:
    return f"```sh\n{question}\n```"


def _over_time(series: Series) -> list[str]:
    # A character per bucket, or per few of them where the line would be too long to read.
    rows = series.rows
    size = -(-len(rows) // _SPARK_WIDTH)
    widest = max(len(name) for _, name, _ in series.classes)
    lines = []
    for column, name, _ in series.classes:
        sums = [sum(part) for part in _grouped(rows, column, size)]
        peak = max(sums)
        lines.append(f"{name:<{widest}}  {spark(sums, peak)}  {sum(sums):>9,}  peak {peak:,}")
    worst = max(rows, key=lambda row: row["error_ratio"] or 0)
    text = (
        f"From {time_text(rows[0]['bucket'])} UTC, {series.width_min * size} minutes a character, "
        "each line on its own scale."
    )
    if worst["error_ratio"]:
        text += (
            f" Worst: {percent(worst['error_ratio'])} in the {series.width_min} minutes from "
            f"{time_text(worst['bucket'])} UTC."
        )
    return ["## Errors over time", markdown_text(text), "```text\n" + "\n".join(lines) + "\n```"]


def _grouped(rows: Sequence[Row], column: str, size: int) -> list[list[int]]:
    values = [row[column] for row in rows]
    return [values[start : start + size] for start in range(0, len(values), size)]


def spark(values: Sequence[int], peak: int) -> str:
    """A line of bars; a blank is nothing at all, the lowest bar is at least one."""
    steps = len(_SPARKS)
    return "".join(
        _SPARKS[min(steps - 1, value * steps // (peak + 1))] if value else " " for value in values
    )
