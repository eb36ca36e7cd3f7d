"""The report as one HTML file that needs nothing else: it can be mailed, and opened years later.

Owns the page. Its charts are `charts_svg`'s, its words the sections'. Every text passes
`html_text`, and the page's own policy forbids it to load or run anything.
"""

from chertlog.queries.charts_svg import Band, band_line, share_bar, stacked_bars, strip, whisker
from chertlog.queries.clean_text import html_text
from chertlog.queries.report_page import Cell, Drawing, Logged, Page, Row, Section, Series, Share
from chertlog.queries.report_page import Whisker as WhiskerOf
from chertlog.queries.report_style import STYLE
from chertlog.queries.report_words import percent
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
_EMPTY = (
    '<p class="lead">The database holds no events yet.</p>\n'
    "<p>To load logs, run <code>chertlog ingest PATH</code>; to try it with simulated ones, "
    "<code>chertlog demo</code>.</p>"
)


def report_html(page: Page | None) -> str:
    """The whole page."""
    title, body = (page.title, _body(page)) if page else ("Chert API errors", _EMPTY)
    return _PAGE.format(title=html_text(title), style=STYLE, body=body)


def _body(page: Page) -> str:
    parts = [
        f'<p class="soft">{html_text(page.window)}</p>',
        f'<p class="lead">{html_text(page.summary)}</p>',
    ]
    if page.remarks:
        items = "".join(f"<li>{html_text(remark)}</li>" for remark in page.remarks)
        parts.append(f'<ul class="remarks">{items}</ul>')
    parts.append(f'<dl class="tiles">{"".join(map(_tile, page.tiles))}</dl>' if page.tiles else "")
    if page.quote:
        heading, paragraph = map(html_text, page.quote)
        parts.append(f"<section><h2>{heading}</h2><blockquote>{paragraph}</blockquote></section>")
    parts.append(_over_time(page.series) if page.series else "")
    parts += [_section(section) for section in page.sections]
    parts.append(f"<footer>{html_text(page.footer)}</footer>")
    return "\n".join(part for part in parts if part)


def _tile(tile: tuple[str, str, str]) -> str:
    label, value, aside = map(html_text, tile)
    return f'<div class="tile"><dt>{label}</dt><dd>{value}<small>{aside}</small></dd></div>'


def _over_time(series: Series) -> str:
    rows = series.rows
    times = [row["bucket"] for row in rows]
    worst = max(rows, key=lambda row: row["error_ratio"] or 0)
    peak = max(rows, key=lambda row: row["errors"])
    ratio = band_line(
        "ratio",
        "Error ratio over time",
        f"Highest {percent(worst['error_ratio'])}, from {time_text(worst['bucket'])} UTC.",
        times,
        [_band(row) for row in rows],
        [row["error_ratio"] for row in series.earlier],
    )
    errors = stacked_bars(
        "errors",
        "Errors over time by class",
        f"Most {peak['errors']:,}, from {time_text(peak['bucket'])} UTC.",
        times,
        [(name, [row[column] for row in rows]) for column, name, _ in series.classes],
        [_tip(row, series) for row in rows],
    )
    legend = "".join(
        f'<li><i class="{name}"></i>{name}: {html_text(words)} '
        f"({sum(row[column] for row in rows):,})</li>"
        for column, name, words in series.classes
    )
    dashed = f"; dashed, {html_text(series.earlier_name)}" if series.earlier else ""
    return (
        "<section><h2>Errors over time</h2>\n"
        f'<p class="soft">In steps of {series.width_min} minutes. Error ratio above, with its 95 % '
        f"interval{dashed}; errors by class below.</p>\n"
        f"<figure>{ratio}</figure>\n<figure>{errors}"
        f'<figcaption><ul class="legend">{legend}</ul></figcaption></figure></section>'
    )


def _tip(row: Row, series: Series) -> str:
    classes = ", ".join(
        f"{row[column]:,} {name}" for column, name, _ in series.classes if row[column]
    )
    return (
        f"{time_text(row['bucket'])} UTC: {row['errors']:,} errors of {row['responses']:,} "
        f"responses ({percent(row['error_ratio'])}){': ' + classes if classes else ''}"
    )


def _band(row: Row) -> Band:
    return Band(row["error_ratio"], row["error_ratio_low"], row["error_ratio_high"])


def _section(section: Section) -> str:
    parts = [f"<h2>{html_text(section.title)}</h2>"]
    parts += [f'<p class="soft">{html_text(section.text)}</p>'] if section.text else []
    parts.append(_table(section) if section.rows else f"<p>{html_text(section.empty)}</p>")
    if section.dig:
        question = html_text(section.dig)
        parts.append(f"<details><summary>Dig on</summary><pre>{question}</pre></details>")
    return f'<section class="{section.key}">{"".join(parts)}</section>'


def _table(section: Section) -> str:
    heads = [_head(name, n in section.right) for n, name in enumerate(section.columns)]
    lines = []
    for number, row in enumerate(section.rows):
        cells = [_data(cell, n in section.right) for n, cell in enumerate(row)]
        if section.wide:  # the second cell under the first: a narrow column would tear it
            cells[:2] = [f"<td>{_words(row[0])}<small>{_words(row[1])}</small></td>"]
        if section.drawings:
            drawing = _draw(f"{section.key}{number}", section.drawings[number])
            cells.append(f'<td class="chart">{drawing}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    if section.wide:
        del heads[1]
    heads += [f"<th>{_key(section.drawn)}</th>"] if section.drawings else []
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html_text(section.title)}">'
        f"<table><thead><tr>{''.join(heads)}</tr></thead>\n"
        f"<tbody>{chr(10).join(lines)}</tbody></table></div>"
    )


def _key(heading: str) -> str:
    """The heading of drawings; flags come with their colours."""
    colours = {"↻": "yes", "✕": "no", "?": "lost"}
    return " ".join(
        f'<i class="{colours[word]}"></i>{word}' if word in colours else html_text(word)
        for word in heading.split()
    )


def _draw(key: str, drawing: Drawing) -> str:
    if isinstance(drawing, Share):
        return share_bar(key, drawing.title, drawing.parts, drawing.whole)
    if isinstance(drawing, WhiskerOf):
        band = Band(drawing.middle, drawing.low, drawing.high)
        return whisker(key, drawing.title, band, drawing.top)
    return strip(key, drawing.title, drawing.since, drawing.until, drawing.pieces)


def _head(name: str, right: bool) -> str:
    return f'<th class="n">{html_text(name)}</th>' if right else f"<th>{html_text(name)}</th>"


def _data(cell: Cell, right: bool) -> str:
    return f'<td class="n">{_words(cell)}</td>' if right else f"<td>{_words(cell)}</td>"


def _words(cell: Cell) -> str:
    if isinstance(cell, Logged):
        # What is short is an id: half an id is none.
        whole = ' class="whole"' if len(cell.text) <= 24 else ""
        return f"<code{whole}>{html_text(cell.text)}</code>"
    return html_text(cell)
