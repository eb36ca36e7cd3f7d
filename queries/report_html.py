"""The report as one HTML file that needs nothing else: it can be mailed, and opened years later.

Owns the page. Its charts are `charts_svg`'s, its words `report_sections`'. Every text passes
`html_text`, and the page's own policy forbids it to load or run anything.
"""

from chertlog.queries.charts_svg import Band, band_line, share_bar, stacked_bars, whisker
from chertlog.queries.clean_text import html_text
from chertlog.queries.report import CLASSES, Report, Row
from chertlog.queries.report_sections import Cell, Logged, Section, sections
from chertlog.queries.report_style import STYLE
from chertlog.queries.report_words import percent, remarks, summary, tiles, title, window_words
from chertlog.queries.tables import time_text

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def report_html(report: Report) -> str:
    """The whole page."""
    body = _empty() if report.is_empty else _body(report)
    return _PAGE.format(title=html_text(title(report)), style=STYLE, body=body)


def _empty() -> str:
    return (
        '<p class="lead">The database holds no events yet.</p>\n'
        "<p>To load logs, run <code>chertlog ingest PATH</code>; to try it with simulated ones, "
        "<code>chertlog demo</code>.</p>"
    )


def _body(report: Report) -> str:
    parts = [
        f'<p class="soft">{html_text(window_words(report))}</p>',
        f'<p class="lead">{html_text(summary(report))}</p>',
    ]
    if said := remarks(report):
        items = "".join(f"<li>{html_text(remark)}</li>" for remark in said)
        parts.append(f'<ul class="remarks">{items}</ul>')
    parts.append(f'<dl class="tiles">{"".join(map(_tile, tiles(report)))}</dl>')
    parts.append(_over_time(report))
    parts += [_section(report, section) for section in sections(report)]
    loaded = html_text(time_text(report.freshness["as_of"]))
    parts.append(f"<footer>All times are UTC. Loaded at {loaded}. Written by chertlog.</footer>")
    return "\n".join(part for part in parts if part)


def _tile(tile: tuple[str, str, str]) -> str:
    label, value, aside = map(html_text, tile)
    return f'<div class="tile"><dt>{label}</dt><dd>{value}<small>{aside}</small></dd></div>'


def _over_time(report: Report) -> str:
    rows = report.over_time
    if not rows:
        return ""
    times = [row["bucket"] for row in rows]
    bands = [_band(row) for row in rows]
    worst = max(rows, key=lambda row: row["error_ratio"] or 0)
    peak = max(rows, key=lambda row: row["errors"])
    ratio = band_line(
        "ratio",
        "Error ratio over time",
        f"Highest {percent(worst['error_ratio'])}, from {time_text(worst['bucket'])} UTC.",
        times,
        bands,
    )
    errors = stacked_bars(
        "errors",
        "Errors over time by class",
        f"Most {peak['errors']:,}, from {time_text(peak['bucket'])} UTC.",
        times,
        [(name, [row[column] for row in rows]) for column, name, _ in CLASSES],
        [_tip(row) for row in rows],
    )
    legend = "".join(
        f'<li><i class="{name}"></i>{name}: {html_text(words)} '
        f"({sum(row[column] for row in rows):,})</li>"
        for column, name, words in CLASSES
    )
    return (
        "<section><h2>Errors over time</h2>\n"
        f'<p class="soft">In steps of {report.width_min} minutes. Error ratio above, with its 95 % '
        f"interval; errors by class below.</p>\n<figure>{ratio}</figure>\n<figure>{errors}"
        f'<figcaption><ul class="legend">{legend}</ul></figcaption></figure></section>'
    )


def _tip(row: Row) -> str:
    classes = ", ".join(f"{row[column]:,} {name}" for column, name, _ in CLASSES if row[column])
    return (
        f"{time_text(row['bucket'])} UTC: {row['errors']:,} errors of {row['responses']:,} "
        f"responses ({percent(row['error_ratio'])}){': ' + classes if classes else ''}"
    )


def _band(row: Row) -> Band:
    return Band(row["error_ratio"], row["error_ratio_low"], row["error_ratio_high"])


def _section(report: Report, section: Section) -> str:
    parts = [f"<h2>{html_text(section.title)}</h2>"]
    parts += [f'<p class="soft">{html_text(section.text)}</p>'] if section.text else []
    parts.append(_table(report, section) if section.rows else f"<p>{html_text(section.empty)}</p>")
    dig = f"<details><summary>Dig on</summary><pre>{html_text(section.dig)}</pre></details>"
    return f'<section class="{section.key}">{"".join(parts)}{dig}</section>'


def _table(report: Report, section: Section) -> str:
    charts = _charts(report, section.key)
    heads = [_head(name, n in section.right) for n, name in enumerate(section.columns)]
    lines = []
    for number, row in enumerate(section.rows):
        cells = [_data(cell, n in section.right) for n, cell in enumerate(row)]
        if section.key == "code":  # the meaning under its code: a narrow column would tear it
            cells[:2] = [f"<td>{_words(row[0])}<small>{_words(row[1])}</small></td>"]
        cells += [f'<td class="chart">{charts[number]}</td>'] if charts else []
        lines.append(f"<tr>{''.join(cells)}</tr>")
    if section.key == "code":
        del heads[1]
    heads += [f"<th>{_CHART_HEADS[section.key]}</th>"] if charts else []
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html_text(section.title)}">'
        f"<table><thead><tr>{''.join(heads)}</tr></thead>\n"
        f"<tbody>{chr(10).join(lines)}</tbody></table></div>"
    )


_CHART_HEADS = {
    "code": '<i class="yes"></i>↻ <i class="no"></i>✕ <i class="lost"></i>?',
    "surface": "Ratio with interval",
}


def _charts(report: Report, key: str) -> list[str]:
    """A small chart for each row of the tables that have one."""
    if key == "code":
        most = max((row["errors"] for row in report.by_code), default=0)
        return [_code_bar(number, row, most) for number, row in enumerate(report.by_code)]
    if key == "surface":
        top = max((row["error_ratio_high"] or 0 for row in report.by_surface), default=0)
        return [
            whisker(f"surface{n}", percent(row["error_ratio"]), _band(row), top)
            for n, row in enumerate(report.by_surface)
        ]
    return []


def _code_bar(number: int, row: Row, most: int) -> str:
    sent = {"yes": "retryable_errors", "no": "final_errors", "lost": "flagless_errors"}
    return share_bar(
        f"code{number}",
        f"{row['errors']:,} errors, retryable in {row['retryable_errors']:,}",
        [(name, row[column]) for name, column in sent.items()],
        most,
    )


def _head(name: str, right: bool) -> str:
    return f'<th class="n">{html_text(name)}</th>' if right else f"<th>{html_text(name)}</th>"


def _data(cell: Cell, right: bool) -> str:
    return f'<td class="n">{_words(cell)}</td>' if right else f"<td>{_words(cell)}</td>"


def _words(cell: Cell) -> str:
    if isinstance(cell, Logged):
        return f"<code>{html_text(cell.text)}</code>"
    return html_text(cell)
