"""The little HTML of the dashboard: sparklines, tables with links, the banner, the timeline.

The only module that writes HTML. Every value goes through `escaped`, so that text from a log is
text here and nothing else; Streamlit cleans the result once more, and the server's CSP forbids
what would still be left. Everywhere else Streamlit reads markdown: log text goes there only into
st.text, st.code and st.dataframe, which do not.
"""

import html
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import streamlit as st

from chertlog.dashboard.drawing import clock
from chertlog.queries.clean_text import clean


def escaped(value: str) -> str:
    """Text for HTML, in elements and in quoted attributes; its lines stay lines."""
    return html.escape(clean(value))


def sparkline(values: Sequence[float | None], colour: str, title: str) -> str:
    """A line through the values from zero up, broken where there are none.

    An image in a data URI: st.html would strip a bare <svg>, and an image runs nothing.
    """
    known = [v for v in values if v is not None and v == v]
    top = max(known, default=0) or 1
    width, height = max(len(values) - 1, 1), 30
    runs: list[list[str]] = [[]]
    for x, value in enumerate(values):
        if value is None or value != value:
            runs.append([])
        else:
            runs[-1].append(f"{x},{height - value / top * (height - 3) - 1:.1f}")
    lines = "".join(_run(run, height) for run in runs if run)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="400"'
        f' height="34" preserveAspectRatio="none" fill="{colour}" stroke="{colour}">{lines}</svg>'
    )
    source = f"data:image/svg+xml,{quote(drawing)}"
    return f'<img class="spark" src="{source}" alt="{escaped(title)}">'


def _run(points: list[str], height: int) -> str:
    if len(points) == 1:
        points = [points[0], points[0]]
    first, last = points[0].split(",")[0], points[-1].split(",")[0]
    area = f"{first},{height} {' '.join(points)} {last},{height}"
    return (
        f'<polygon points="{area}" opacity=".14" stroke="none"/>'
        f'<polyline points="{" ".join(points)}" fill="none" stroke-width="1.6"'
        ' stroke-linejoin="round" vector-effect="non-scaling-stroke"/>'
    )


def share_bar(share: float, colour: str, text: str) -> str:
    """A bar as long as the share, with its figure."""
    return (
        f'<span class="share"><span class="bar"><span style="width:{share * 100:.1f}%;'
        f'background:{escaped(colour)}"></span></span>{escaped(text)}</span>'
    )


def split_bar(parts: Iterable[tuple[float, str]], title: str) -> str:
    """A bar cut into coloured parts; the figures must stand beside it."""
    cuts = "".join(
        f'<span style="width:{part * 100:.2f}%;background:{escaped(colour)}"></span>'
        for part, colour in parts
    )
    return f'<span class="bar split" role="img" aria-label="{escaped(title)}">{cuts}</span>'


def heat(value: str, share: float, colour: str, target: str, *, title: str) -> str:
    """A figure on a ground as strong as its share, and the way to what is behind it."""
    # The root lifts what is small, or one large figure leaves all others white.
    strength = round(150 * share**0.45)
    return (
        f'<a class="heat" href="{escaped(target)}" title="{escaped(title)}"'
        f' style="background:{escaped(colour)}{strength:02x}">{escaped(value)}</a>'
    )


def text(value: str, colour: str | None = None, *, title: str = "") -> str:
    """Plain text, in a colour if need be."""
    tint = f' style="color:{escaped(colour)}"' if colour else ""
    hint = f' title="{escaped(title)}"' if title else ""
    return f"<span{tint}{hint}>{escaped(value)}</span>"


def strong(value: str) -> str:
    return f"<b>{escaped(value)}</b>"


def here(value: str) -> str:
    """Text that marks its row as the one the page is about."""
    return f'<b class="here">{escaped(value)}</b>'


def here_mark(cell: str) -> str:
    """As `here`, around a cell made by this module."""
    return f'<b class="here">{cell}</b>'


def mark(value: str, title: str) -> str:
    """A small mark beside a value, with what it means."""
    return f'<i class="mark" title="{escaped(title)}">{escaped(value)}</i>'


def link(label: str, target: str, *, title: str = "") -> str:
    """A link inside the dashboard. `target` is ours; values in it are quoted by who builds it."""
    hint = f' title="{escaped(title)}"' if title else ""
    return f'<a href="{escaped(target)}"{hint}>{escaped(label)}</a>'


def trace_link(trace_id: str, label: str | None = None) -> str:
    """A link to the look-up of a trace; with a label, it stands for more than this one."""
    hint = "The latest of them" if label else ""
    return link(label or trace_id, f"trace?trace={quote(trace_id, safe='')}", title=hint)


def table(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], *, caption: str
) -> None:
    """Draw a table of cells made by this module; columns are (title, CSS classes).

    A title that ends in (UTC) names the zone in which times are written instead.
    """
    columns = [(name.replace("(UTC)", f"({clock.name()})"), kind) for name, kind in columns]
    head = "".join(f'<th scope="col" class="{kind}">{escaped(name)}</th>' for name, kind in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}" data-label="{escaped(name)}">{cell}</td>'
            for (name, kind), cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    st.html(
        f'<table class="chert"><caption>{escaped(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def links(items: Iterable[tuple[str, str, str, str, str]]) -> None:
    """Lines that each lead on: (sign, its colour, what is so, where to, what it rests on)."""
    lines = "".join(
        f'<li><span class="sign" style="color:{escaped(colour)}" aria-hidden="true">'
        f"{escaped(sign)}</span><div>{link(what, target)}<p>{escaped(detail)}</p></div></li>"
        for sign, colour, what, target, detail in items
    )
    st.html(f'<ul class="links">{lines}</ul>')


def line(*cells: str) -> None:
    """Cells of this module on one line of their own."""
    st.html(f'<p class="line">{" ".join(cells)}</p>')


def note(value: str, drawing: str, target: str = "") -> None:
    """A figure's small print, perhaps a way to what is behind it, and its sparkline under it."""
    said = link(value, target, title="What is behind this figure") if target else escaped(value)
    st.html(f'<p class="note">{said}</p>{drawing}')


def panel(title: str, how: str = "") -> None:
    """The head of a panel: its name, and one grey clause on how to read it."""
    clause = f" <span>{escaped(how)}</span>" if how else ""
    st.html(f'<h3 class="panel">{escaped(title)}{clause}</h3>')


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Names and values below each other."""
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in pairs)
    st.html(f'<dl class="facts">{rows}</dl>')


def timeline(steps: Iterable[tuple[str, str, str, str, str]]) -> None:
    """What happened, one below the other: (when, log, event, words, colour of its dot)."""
    items = "".join(
        f'<li style="--dot:{escaped(colour)}"><span class="when">{escaped(when)}</span>'
        f"<div><b>{escaped(event)}</b> <i>{escaped(log)}</i><p>{escaped(said)}</p></div></li>"
        for when, log, event, said, colour in steps
    )
    st.html(f'<ol class="timeline">{items}</ol>')


def banner(sign: str, headline: str, details: Sequence[str], colour: str) -> None:
    """One sentence that answers the page's question, and what it rests on (as markup)."""
    rest = "".join(f"<p>{detail}</p>" for detail in details)
    st.html(
        f'<div class="banner" style="border-left-color:{escaped(colour)}">'
        f'<span class="sign" style="color:{escaped(colour)}" aria-hidden="true">'
        f"{escaped(sign)}</span>"
        f"<div><h2>{escaped(headline)}</h2>{rest}</div></div>"
    )


def alarm(sign: str, what: str, detail: str, target: str, label: str, colour: str) -> None:
    """A bar that cannot be overlooked: what is so, and where to look."""
    st.html(
        f'<p class="alarm" role="alert" style="--tint:{escaped(colour)}">'
        f'<span class="sign" aria-hidden="true">{escaped(sign)}</span>'
        f"<span><b>{escaped(what)}</b> {escaped(detail)} {link(label, target)}</span></p>"
    )


def badges(values: Sequence[tuple[str, str]]) -> None:
    """Short facts side by side, each in its colour."""
    marks = "".join(
        f'<span style="color:{escaped(colour)}">{escaped(value)}</span>' for value, colour in values
    )
    st.html(f'<div class="badges">{marks}</div>')
