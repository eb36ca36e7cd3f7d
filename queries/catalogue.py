"""The catalogue card: what an error code means, and what the data say about it.

Owns finding a code by number or name and the facts on its card. The catalogue itself is the
packaged seed, so the first half of the card needs no database.
"""

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from chertlog.queries.clean_text import clean_line
from chertlog.queries.cli_errors import NotFound
from chertlog.queries.seed_files import read_seed
from chertlog.queries.sql_files import read_folder

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

Row = dict[str, Any]


@dataclass(frozen=True)
class CodeFacts:
    """One row of the catalogue."""

    error_code: int
    error_type: str
    name_source: str
    http_statuses: tuple[int, ...]
    retryable: bool
    error_class: str
    meaning: str
    action: str
    retry_strategy: str


@dataclass(frozen=True)
class CodeFigures:
    """What the loaded data say about a code; `totals` is None if it was never sent."""

    totals: Row | None = None
    sent: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    latest: list[Row] = field(default_factory=list)


@cache
def statements(folder: str) -> dict[str, str]:
    """The packaged queries of a folder of questions/, by name."""
    return {sql_file.name: sql_file.body for sql_file in read_folder(f"questions/{folder}")}


@cache
def all_codes() -> dict[int, CodeFacts]:
    """The whole catalogue, by code."""
    return {facts.error_code: facts for facts in map(_facts, read_seed("error_codes"))}


def _facts(row: dict[str, str]) -> CodeFacts:
    return CodeFacts(
        error_code=int(row["error_code"]),
        error_type=row["error_type"],
        name_source=row["name_source"],
        http_statuses=tuple(int(status) for status in row["http_statuses"].split("|")),
        retryable=row["retryable"] == "true",
        error_class=row["error_class"],
        meaning=row["meaning"],
        action=row["action"],
        retry_strategy=row["retry_strategy"],
    )


def find_code(asked: str) -> CodeFacts:
    """The code with this number or name. Raises NotFound, naming the nearest ones."""
    codes = all_codes()
    wanted = _normal(asked)
    for facts in codes.values():
        if wanted in (str(facts.error_code), facts.error_type):
            return facts
    near = [f"{facts.error_code} {facts.error_type}" for facts in nearest(asked)]
    raise NotFound(
        f"the API reference has no code {clean_line(asked)[:60]}",
        why=f"Near it: {', '.join(near)}." if near else "",
        next="All codes: chertlog sql error_codes",
    )


def nearest(asked: str, limit: int = 3) -> list[CodeFacts]:
    """Codes that may have been meant, the likeliest first."""
    codes = all_codes()
    wanted = _normal(asked)
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        return sorted(codes.values(), key=lambda facts: abs(facts.error_code - int(wanted)))[:limit]
    by_name = {facts.error_type: facts for facts in codes.values()}
    words = [word for word in wanted.split("_") if len(word) > 2]
    holding = [name for name in by_name if any(word in name.split("_") for word in words)]
    close = get_close_matches(wanted, by_name, n=limit, cutoff=0.5)
    return [by_name[name] for name in dict.fromkeys([*close, *holding])][:limit]


def _normal(asked: str) -> str:
    return clean_line(asked).upper().replace("-", "_").replace(" ", "_")


def code_figures(db: "Connection", code: int) -> CodeFigures:
    """What the loaded data say about a code, documented or not."""
    queries = statements("catalogue")
    rows = {
        name: db.rows(queries[name], {"code": code})
        for name in ("code_totals", "code_sent", "code_overrides", "code_latest")
    }
    return CodeFigures(
        totals=rows["code_totals"][0] if rows["code_totals"] else None,
        sent=rows["code_sent"],
        overrides=rows["code_overrides"],
        latest=rows["code_latest"],
    )
