"""What can be asked: the views and macros of a database, in the words of their own comments.

Owns the reading of those comments and the example beside each view. The comments are written in
the headers of views/*.sql and read here from the published file, as any other client would.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from chertlog.queries.catalogue import statements
from chertlog.queries.clean_text import clean_line
from chertlog.queries.cli_errors import NotFound

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

_GRAIN = re.compile(r"Grain: (?P<grain>.*?\.)(?:\s+|$)(?P<text>.*)", re.DOTALL)
# The end of a sentence, not the dot of "95 % of …" or "response.sent".
_SENTENCE = re.compile(r"(.+?[.:])(?:\s+(?=[A-Z])|$)", re.DOTALL)

# A view's example answers the question that people bring to it.
_EXAMPLES = {
    "errors_by_code": "select error_code, error_type, errors, share from errors_by_code limit 10",
    "errors_by_surface": "select surface, responses, errors, error_ratio from errors_by_surface",
    "error_groups": "select tenant_id, sum(errors) as errors from error_groups "
    "where error_code = 4002 group by all order by errors desc limit 10",
    "error_rate_hourly": "select hour, surface, responses, errors, error_ratio "
    "from error_rate_hourly where surface = 'v1' order by hour",
    "error_rate_by_minute": "select minute, sum(errors) as errors from error_rate_by_minute "
    "group by all order by errors desc limit 10",
    "responses": "select occurred_at, trace_id, http_route, error_code from responses "
    "where is_error order by occurred_at desc limit 10",
    "events": "select event, log, count(*) as events from events group by all order by events desc",
    "operations": "select outcome, count(*) as operations, sum(attempts) as attempts "
    "from operations group by all order by operations desc",
    "rejected_lines": "select reason, count(*) as lines from rejected_lines "
    "group by all order by lines desc",
    "edge_only_responses": "select http_status, sum(responses) as responses "
    "from edge_only_responses group by all order by responses desc",
    "early_retries": "select tenant_id, count(*) as retries from early_retries "
    "group by all order by retries desc",
    "retries_of_final_errors": "select tenant_id, error_code, count(*) as retries "
    "from retries_of_final_errors group by all order by retries desc",
    "sources": "select path, status, lines, events, rejected, duplicates from sources",
    "trace": "select occurred_at, log, event, detail from trace('a1b2c3d4e5f6')",
}


@dataclass(frozen=True)
class Relation:
    """A view or macro: what one row is, and what it is for."""

    name: str
    kind: str
    grain: str
    text: str
    parameters: str

    @property
    def first_sentence(self) -> str:
        match = _SENTENCE.match(self.text)
        return match[1] if match else self.text

    @property
    def title(self) -> str:
        """The name as one writes it: macros with their parentheses."""
        if self.kind == "view":
            return self.name
        return f"{self.name}({self.parameters if ',' not in self.parameters else '…'})"

    @property
    def example(self) -> str:
        if self.name in _EXAMPLES:
            return _EXAMPLES[self.name]
        if self.kind == "view":
            return f"select * from {self.name} limit 10"
        return ""


def relations(db: "Connection") -> list[Relation]:
    """Every view and macro of the database, views first."""
    return [
        _relation(row["name"], row["kind"], row["comment"] or "", row["parameters"] or "")
        for row in db.rows(statements("catalogue")["relations"])
    ]


def find_relation(db: "Connection", name: str) -> Relation:
    """The view or macro of this name. Raises NotFound, naming the nearest ones."""
    known = {relation.name: relation for relation in relations(db)}
    wanted = name.strip().lower().removesuffix("()")
    if wanted in known:
        return known[wanted]
    close = get_close_matches(wanted, known, n=3, cutoff=0.5)
    raise NotFound(
        f"there is no view {clean_line(name)[:60]}",
        why=f"Near it: {', '.join(close)}." if close else "",
        next="All views: chertlog views",
    )


def columns(db: "Connection", name: str) -> list[tuple[str, str, str]]:
    """(name, type, comment) of each column of a view, in order."""
    rows = db.rows(statements("catalogue")["relation_columns"], {"name": name})
    return [(row["name"], row["type"], row["comment"]) for row in rows]


def _relation(name: str, kind: str, comment: str, parameters: str) -> Relation:
    match = _GRAIN.match(comment)
    grain, text = (match["grain"], match["text"]) if match else ("", comment)
    return Relation(name, kind, clean_line(grain), clean_line(text), parameters)
