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
    "retry_storms": "select started_at, tenant_id, verdict, reasons from retry_storms "
    "order by started_at desc limit 10",
    "storm_drivers": "select value as error_code, sum(retries) as retries from storm_drivers "
    "where dimension = 'code' group by all order by retries desc",
    "retry_figures": "select tenant_id, amplification, eventual_success_ratio, wasted_attempts "
    "from retry_figures where scope = 'tenant' order by wasted_attempts desc limit 10",
    "success_by_attempt": "select attempt, attempts, success_ratio from success_by_attempt "
    "where scope = 'all' order by attempt",
    "retry_minutes": "select minute, tenant_id, retries, operations from retry_minutes "
    "order by retries desc limit 10",
    "contract_violations": "select kind, count(*) as violations, min(occurred_at) as first_at, "
    "max(occurred_at) as last_at from contract_violations group by all order by violations desc",
    "client_conduct": "select tenant_id, verdict, grade, findings, retries, paragraph "
    "from client_conduct limit 10",
    "conduct_findings": "select tenant_id, finding, cases, of_cases, trace_ids "
    "from conduct_findings where found and severity = 'fault'",
    "saturation_hours": "select tenant_id, hour, onset_at, unmet_operations, relief "
    "from saturation_hours order by unmet_operations desc limit 10",
    "saturation_by_minute": "select minute_of_hour, sum(refused_first_attempts) as refused "
    "from saturation_by_minute group by all order by minute_of_hour",
    "saturation_forecast": "select tenant_id, verdict, runs_out_at, runs_out_from, basis "
    "from saturation_forecast",
    "saturation_forecast_at": "select tenant_id, verdict, runs_out_at, basis "
    "from saturation_forecast_at(timestamp '2026-11-21 10:20')",
    "line_saturation": "select tenant_id, hour, line, cap, filled_at from line_saturation "
    "order by hour desc, filled_at limit 10",
    "errors_by_version": "select hour, service_version, error_ratio, others_error_ratio "
    "from errors_by_version order by hour desc limit 10",
    "errors_by_delivery_service": "select delivery_service, internal_code, sum(errors) as errors "
    "from errors_by_delivery_service where errors > 0 group by all order by errors desc",
    "deploys": "select service_version, first_hour, risk_ratio, p_value, verdict from deploys",
    "latency_by_route": "select hour, http_route, p50_ms, p95_ms, p99_ms from latency_by_route "
    "order by p99_ms desc limit 10",
    "latency_between": "select http_route, p50_ms, p95_ms, p99_ms "
    "from latency_between(timestamp '2026-11-21', timestamp '2026-11-22')",
    "movers": "select group_value, rate_ratio, q_value, verdict "
    "from movers('2026-11-20', '2026-11-21', '2026-11-21', '2026-11-22')",
    "burn_rates": "select rule, burn_rate, short_burn_rate, burn_limit, fires from burn_rates",
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
