"""Cards for the terminal: the list of views, one view, one error code.

Owns their layout; the facts come from `relations` and `catalogue`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chertlog.queries.catalogue import CodeFacts, CodeFigures
from chertlog.queries.clean_text import clean, clean_line
from chertlog.queries.relations import Relation
from chertlog.queries.tables import (
    draw_rows,
    plain_table,
    shown,
    text_width,
    time_text,
    to_text,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

_CLASSES = {
    "client": "client: the request has to change",
    "auth": "auth: credentials, account or target have to change",
    "platform": "platform: the fault is on Chert's side",
    "capacity": "capacity: a limit of Chert's refuses the request",
    "delivery": "delivery: the downstream rejected the message",
}


def view_list(relations: Sequence[Relation]) -> str:
    """Every view and macro with the first sentence of its comment."""
    rows = [[relation.title, relation.first_sentence] for relation in relations]
    return to_text(plain_table(["view", "holds"], rows), width=text_width())


def view_card(
    relation: Relation,
    columns: Sequence[tuple[str, str, str]],
    rows: Sequence[tuple[Any, ...]],
) -> str:
    """One view: grain, comment, columns, an example question, and a few rows."""
    pairs = [("grain", relation.grain), ("holds", relation.text)]
    parts: list[RenderableType] = [_title(relation.title, relation.kind), _grid(pairs)]
    if columns:
        described = [[name, _short_type(type_), comment] for name, type_, comment in columns]
        parts += ["", plain_table(["column", "type", "holds"], described)]
    if relation.example:
        parts += ["", f'Example: chertlog sql "{relation.example}"']
    text = to_text(*parts, width=text_width())
    if rows:
        text += f"\nFirst rows:\n\n{draw_rows([name for name, _, _ in columns], rows)}"
    return text


def code_card(facts: CodeFacts) -> str:
    """What the catalogue says about a code."""
    origin = "" if facts.name_source == "reference" else " (our name; the reference gives none)"
    pairs = [
        ("meaning", facts.meaning),
        ("action", facts.action),
        ("HTTP status", " or ".join(str(status) for status in facts.http_statuses)),
        ("retryable", "yes, by default" if facts.retryable else "no, by default"),
        ("retry", facts.retry_strategy),
        ("class", _CLASSES.get(facts.error_class, facts.error_class)),
    ]
    title = _title(f"{facts.error_code} {facts.error_type}", origin)
    return to_text(title, _grid(pairs), width=text_width())


def figures_card(facts: CodeFacts | None, figures: CodeFigures) -> str:
    """What the data say about a code; `facts` is None for one that no reference knows."""
    totals = figures.totals
    if totals is None:
        return "\nIn the data: never sent.\n"
    head = "In the data" if facts else "Not in the API reference, but in the data"
    pairs = [
        ("errors", f"{totals['errors']:,} ({totals['share']:.1%} of all errors)"),
        ("operations", f"{totals['operations']:,} of {totals['tenants']:,} tenants"),
        ("first seen", f"{time_text(totals['first_seen_at'])} UTC"),
        ("last seen", f"{time_text(totals['last_seen_at'])} UTC"),
    ]
    sent = [[shown(r["surface"]), _sent(r["retryable"]), f"{r['errors']:,}"] for r in figures.sent]
    parts: list[RenderableType] = ["", _title(head), _grid(pairs), ""]
    parts.append(plain_table(["surface", "retryable as sent", "errors"], sent, right=[2]))
    if figures.overrides:
        rows = [
            [shown(r["http_route"]), _sent(r["retryable"]), f"{r['errors']:,}"]
            for r in figures.overrides
        ]
        table = plain_table(["route that overrides the default", "sent", "errors"], rows, right=[2])
        parts += ["", table]
    latest = [
        [time_text(r["occurred_at"]), shown(r["trace_id"]), shown(r["tenant_id"]), _place(r)]
        for r in figures.latest
    ]
    parts += ["", plain_table(["latest (UTC)", "trace_id", "tenant", "route"], latest)]
    return to_text(*parts, width=text_width())


def _place(row: dict[str, Any]) -> str:
    return clean_line(row["http_route"] or row["surface"])


def _sent(retryable: bool | None) -> str:
    return {True: "true", False: "false", None: "lost"}[retryable]


def _short_type(type_: str) -> str:
    # A STRUCT's type can be longer than the line; its fields stand in the comment.
    return type_ if len(type_) <= 24 else f"{type_[:21]}…"


def _title(text: str, aside: str = "") -> "RenderableType":
    from rich.text import Text

    title = Text(clean_line(text), style="bold")
    return title.append(f" {aside.strip()}" if aside else "", style="dim")


def _grid(pairs: Sequence[tuple[str, str]]) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for label, text in pairs:
        if text:
            grid.add_row(Text(label, style="dim"), Text(clean(text)))
    return grid
