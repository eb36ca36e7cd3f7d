"""The report as Markdown, for a terminal, an issue or a mail.

Owns the Markdown alone. Text from logs stands in code spans, where nothing has a meaning.
"""

from collections.abc import Sequence

from chertlog.queries.clean_text import markdown_code, markdown_text
from chertlog.queries.report import CLASSES, Report, Row
from chertlog.queries.report_sections import Cell, Logged, Section, sections
from chertlog.queries.report_words import percent, remarks, summary, tiles, title, window_words
from chertlog.queries.tables import time_text

_SPARKS = "▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 48


def report_markdown(report: Report) -> str:
    """The whole report; ends with a newline."""
    parts = [f"# {title(report)}"]
    if report.is_empty:
        parts.append(
            "The database holds no events yet. To load logs, run `chertlog ingest PATH`; to try it "
            "with simulated ones, `chertlog demo`."
        )
        return "\n\n".join(parts) + "\n"
    parts += [markdown_text(window_words(report)), markdown_text(summary(report))]
    parts += [f"- {markdown_text(remark)}" for remark in remarks(report)]
    headline = [[markdown_text(text) for text in tile] for tile in tiles(report)]
    parts.append(_table(["Headline", "", ""], headline, frozenset({1})))
    parts += _over_time(report)
    for section in sections(report):
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> list[str]:
    parts = [f"## {section.title}"]
    parts += [markdown_text(section.text)] if section.text else []
    if section.rows:
        cells = [[_cell(cell) for cell in row] for row in section.rows]
        parts.append(_table(section.columns, cells, section.right))
    else:
        parts.append(section.empty)
    return [*parts, _dig(section.dig)]


def _cell(cell: Cell) -> str:
    return markdown_code(cell.text) if isinstance(cell, Logged) else markdown_text(cell)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> str:
    marks = ["---:" if number in right else "---" for number in range(len(columns))]
    lines = [list(map(markdown_text, columns)), marks, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _dig(question: str) -> str:
    return f"```sh\n{question}\n```"


def _over_time(report: Report) -> list[str]:
    rows = report.over_time
    if not rows:
        return []
    # A character per bucket, or per few of them where the line would be too long to read.
    size = -(-len(rows) // _SPARK_WIDTH)
    widest = max(len(name) for _, name, _ in CLASSES)
    lines = []
    for column, name, _ in CLASSES:
        sums = [sum(part) for part in _grouped(rows, column, size)]
        peak = max(sums)
        lines.append(f"{name:<{widest}}  {spark(sums, peak)}  {sum(sums):>9,}  peak {peak:,}")
    worst = max(rows, key=lambda row: row["error_ratio"] or 0)
    text = (
        f"From {time_text(rows[0]['bucket'])} UTC, {report.width_min * size} minutes a character, "
        "each line on its own scale."
    )
    if worst["error_ratio"]:
        text += (
            f" Worst: {percent(worst['error_ratio'])} in the {report.width_min} minutes from "
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
