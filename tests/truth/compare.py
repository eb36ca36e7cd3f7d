"""Compares a published database with the truth about the simulated day it was loaded from.

Owns the bars. The truth comes from what the simulator wrote down (truth.json) and from what is
computed here, in pandas, from truth-responses.csv.gz: it knows every operation as its client meant
it. No SQL of the product is used for it.

What cannot be told from the logs is no fault, and is left out or allowed for, always counted:
- an attempt is clear if the application log has its request, and it or OTLP the answer; damage, and
  the little that every log loses, leave some unclear;
- two operations are alike if they ask the same without a key: the same words meant twice, or a
  plain GET repeated. Nothing tells the second from a retry of the first, if that failed;
- a client that mints a key for each attempt hides its operations: different keys never share one.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from storms import HERD, HOUR, MINUTE, READINGS, SECOND, Episode, found_episodes, true_episodes

LIMITS_S = 2 * 3600  # longer than any gap inside an operation without a key
EXAMPLES = 3


@dataclass(frozen=True)
class Comparison:
    """One figure: what is true, what was found, and whether that is good enough."""

    figure: str
    truth: str
    found: str
    bar: str  # what is asked; empty: told, not judged
    passes: bool
    note: str = ""
    off: float = 0.0  # how far from the truth: the worst day is the one with most
    judged: int = 0  # how many things were compared; a figure over nothing proves nothing


def compare(published: Path, logs: Path) -> list[Comparison]:
    """All comparisons, of the database at `published` with the day written under `logs`."""
    return compare_with(Truth(logs), Found(published))


def compare_with(truth: Truth, found: Found) -> list[Comparison]:
    """All comparisons, of what a database says with the day as it was."""
    return [
        *_responses(truth, found),
        *_chains(truth, found),
        *_conduct(truth, found),
        *_saturation(truth, found),
        *_storms(truth, found),
        *_contract(truth, found),
    ]


class Truth:
    """The day as it was."""

    def __init__(self, logs: Path) -> None:
        self.told: dict[str, Any] = json.loads((logs / "truth.json").read_text("utf-8"))
        rows = pd.read_csv(
            logs / "truth-responses.csv.gz",
            dtype={"error_code": "Int64", "retryable": "boolean", "retry_after_s": "Int64"},
            keep_default_na=False,
            na_values=[""],
        ).rename(columns={"chertlog_truth_trace_id": "trace_id"})
        for column in ("occurred_at", "received_at"):
            rows[column] = _microseconds(rows[column])
        rows["mints"] = rows.has_idempotency_key & (rows.manner == "mints_keys")
        # What the design calls an operation: a minted key makes every attempt one of its own.
        minted = rows.operation + "#" + rows.attempt.astype(str)
        rows["chain"] = rows.operation.mask(rows.mints, minted)
        rows["chain_attempt"] = rows.attempt.mask(rows.mints, 1)
        rows["answered"] = rows.app_sent | rows.otlp
        rows["is_clear"] = rows.app_received & rows.answered
        ordered = rows.sort_values("chain_attempt", kind="stable")
        before = ordered.groupby("chain").shift(1).loc[rows.index]
        told = before.retry_after_s.fillna(before.retry_after_header_s)
        waited = rows.received_at - before.occurred_at
        obeyed = (before.error_code == 1007) & (waited >= (told - 1) * 1_000_000)
        # Rate limited, told how long to wait, and waited: such a retry makes no storm.
        rows["is_patient"] = obeyed.fillna(False).astype(bool)
        # Without the request's own line, only the answer and its duration tell when it came.
        self.by_duration = ~rows.app_received & rows.app_sent
        self.rows = rows

    @property
    def clear(self) -> pd.DataFrame:
        return self.rows[self.rows.is_clear]

    @cached_property
    def alike(self) -> set[str]:
        """Operations without a key that ask the same as another one before or after them, near
        enough to be one with it, the earlier having failed."""
        rows = self.rows[~self.rows.has_idempotency_key]
        operations = rows.groupby("operation").agg(
            begins=("received_at", "min"),
            ends=("occurred_at", "max"),
            failed=("is_error", "any"),
            method=("http_method", "first"),
            tenant_id=("tenant_id", "first"),
            path=("url_path", "first"),
        )
        spans = {
            str(row.Index): (int(row.begins), int(row.ends), bool(row.failed))
            for row in operations.itertuples()
        }
        first_of: dict[str, str] = {}
        same: dict[Any, list[str]] = {}
        for later, earlier in self.told["said_again"]:
            first = first_of[later] = first_of.get(earlier, earlier)
            same.setdefault(first, [first]).append(later)
        plain = operations[operations.method == "GET"]
        for name, tenant_id, path in zip(plain.index, plain.tenant_id, plain.path, strict=True):
            same.setdefault((tenant_id, path), []).append(str(name))
        found: set[str] = set()
        for names in same.values():
            group = sorted((spans[name], name) for name in names if name in spans)
            for place, ((_, ends, failed), one) in enumerate(group):
                # Not only the next one: in busy traffic others begin, and end, in between.
                for (begins, *_), other in group[place + 1 :] if failed else ():
                    if begins - ends >= LIMITS_S * SECOND:
                        break
                    found |= {one, other}
        return found

    @cached_property
    def episodes(self) -> list[list[Episode]]:
        """Episodes of retries, in each reading of where one ends and the next begins."""
        return [true_episodes(self.rows, reading) for reading in READINGS]

    @cached_property
    def unsure(self) -> set[str]:
        """Operations of which an attempt is not clear."""
        return set(self.rows.operation[~self.rows.is_clear])


class Found:
    """What the database says."""

    def __init__(self, published: Path) -> None:
        self._con = duckdb.connect(str(published.resolve(strict=True)), read_only=True)

    def frame(self, query: str) -> pd.DataFrame:
        return self._con.execute(query).df()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._con.execute(query).fetchall()

    @cached_property
    def responses(self) -> pd.DataFrame:
        return self.frame(
            """
            select
                trace_id, epoch_us(occurred_at) as occurred_at,
                operation_id, attempt as found_attempt, chain_basis
            from responses
            """
        )


# --- responses -----------------------------------------------------------------------------------


def _responses(truth: Truth, found: Found) -> list[Comparison]:
    rows = truth.rows
    seen = int((rows.answered | rows.edge).sum())
    clear = truth.clear
    known = clear.merge(found.responses, on=["trace_id", "occurred_at"])
    return [
        _exact("responses", seen, len(found.responses)),
        _exact("responses told by trace_id and moment", len(clear), len(known)),
    ]


# --- chains --------------------------------------------------------------------------------------


def _chains(truth: Truth, found: Found) -> list[Comparison]:
    """Retry edges: from an attempt to the next one of the same operation, both clear."""
    clear = truth.clear
    known = clear.merge(found.responses, on=["trace_id", "occurred_at"], validate="1:1")
    true = _edges(known, "operation", "attempt")
    told = _edges(known, "operation_id", "found_attempt")
    basis = dict(zip(known.index, known.chain_basis, strict=True))
    keyed = set(known.index[known.has_idempotency_key & ~known.mints])
    minted = set(known.index[known.mints])
    doubtful = set(known.index[known.operation.isin(truth.alike | truth.unsure)])
    results = [
        _edge_score("chains with keys", true, told, lambda edge: edge[1] in keyed, 1.0),
        _edge_score(
            "chains without keys, unambiguous",
            true,
            told,
            lambda edge: (
                not (edge[1] in keyed or edge[1] in minted)
                and not (edge[0] in doubtful or edge[1] in doubtful)
            ),
            0.99,
        ),
        _edge_score(
            "chains without keys, alike or with lines lost",
            true,
            told,
            lambda edge: (
                not (edge[1] in keyed or edge[1] in minted)
                and (edge[0] in doubtful or edge[1] in doubtful)
            ),
            None,
        ),
        _edge_score(
            "chains of clients that mint keys", true, told, lambda edge: edge[1] in minted, None
        ),
    ]
    joined = [edge for edge in told if edge[1] in minted]
    results.append(_exact("attempts with different keys joined", 0, len(joined)))
    wrong = sum(1 for index in keyed if basis[index] != "idempotency_key")
    results.append(_exact("attempts with a key chained by something else", 0, wrong))
    # Whole operations: the same attempts, no more and no fewer, numbered alike.
    sure = known[~known.operation.isin(truth.alike | truth.unsure) & ~known.mints]
    places = sure.found_attempt == sure.attempt
    results.append(
        _share("attempts numbered as meant, unambiguous", int(places.sum()), len(sure), 0.99)
    )
    return results


Edge = tuple[int, int]


def _edges(known: pd.DataFrame, operation: str, attempt: str) -> set[Edge]:
    ordered = known.sort_values([operation, attempt], kind="stable")
    names, places = ordered[operation].to_list(), ordered.index.to_list()
    return {(places[i - 1], places[i]) for i in range(1, len(names)) if names[i] == names[i - 1]}


def _edge_score(
    figure: str, true: set[Edge], told: set[Edge], of: Any, bar: float | None
) -> Comparison:
    wanted, had = {e for e in true if of(e)}, {e for e in told if of(e)}
    both = len(wanted & had)
    precision = both / len(had) if had else 1.0
    recall = both / len(wanted) if wanted else 1.0
    asked = "" if bar is None else f"precision and recall >= {bar:g}"
    return Comparison(
        figure,
        f"{len(wanted)} retries",
        f"precision {precision:.4f}, recall {recall:.4f}",
        asked,
        bar is None or (precision >= bar and recall >= bar),
        f"{len(had - wanted)} too many, {len(wanted - had)} missed",
        1 - min(precision, recall),
        len(wanted),
    )


# --- conduct -------------------------------------------------------------------------------------


def _conduct(truth: Truth, found: Found) -> list[Comparison]:
    """Lists of trace ids, over operations that are clear and not alike."""
    rows = truth.rows
    doubtful = set(rows.trace_id[rows.operation.isin(truth.alike | truth.unsure) | rows.mints])
    results = []
    for view in ("early_retries", "retries_of_final_errors"):
        planned = set(truth.told[view])
        listed = Counter(name for (name,) in found.rows(f"select trace_id from {view}"))
        once = _exact(f"{view}: listed twice", 0, sum(n > 1 for n in listed.values()))
        results += [
            same(
                f"{view}, by trace_id",
                planned - doubtful,
                set(listed) - doubtful,
                f"{len(planned & doubtful)} of {len(planned)} not judged",
            ),
            once,
        ]
    return results


# --- 4002 ----------------------------------------------------------------------------------------


def _saturation(truth: Truth, found: Found) -> list[Comparison]:
    rows = truth.rows[truth.rows.answered].copy()
    rows["received_at"] = rows.received_at.mask(
        ~rows.app_received,
        rows.occurred_at - (rows.duration_ms * 1000).where(rows.app_sent | rows.edge, 0),
    )
    rows["hour"] = rows.received_at // HOUR
    is_refused = rows.is_error & (rows.error_code == 4002).fillna(False)
    refused = rows[is_refused]
    accepted = rows[~rows.is_error & rows.http_route.isin(set(refused.http_route))]
    counted = accepted.groupby(["tenant_id", "hour"]).size()
    served = set(zip(accepted.tenant_id, accepted.hour, accepted.chain, strict=True))
    true: dict[tuple[str, int], dict[str, Any]] = {}
    for (tenant_id, hour), group in refused.groupby(["tenant_id", "hour"]):
        chains = set(group.chain)
        unsure = group[~group.is_clear | group.operation.isin(truth.alike)]
        true[str(tenant_id), int(str(hour))] = {
            "refused": len(group),
            "accepted": int(counted.get((tenant_id, hour), 0)),
            "refused_operations": len(chains),
            "unmet_operations": sum((tenant_id, hour, c) not in served for c in chains),
            "first_refused_minute": int(group.received_at.min()) // MINUTE % 60,
            "unsure": len(unsure),
        }
    table = found.frame(
        """
        select
            tenant_id, epoch_us(hour) // 3600000000 as hour, refused, accepted,
            refused_operations, unmet_operations, first_refused_minute
        from saturation_hours
        """
    )
    told = {(r["tenant_id"], int(r["hour"])): r for r in table.to_dict("records")}
    results = [same("saturated tenant-hours", set(true), set(told))]
    both = sorted(set(true) & set(told))
    for figure in ("first_refused_minute", "refused", "accepted"):
        differ = [key for key in both if true[key][figure] != told[key][figure]]
        results.append(
            Comparison(
                f"{figure} by tenant-hour",
                f"{sum(true[key][figure] for key in both)} over {len(both)} hours",
                f"{sum(int(told[key][figure]) for key in both)}, {len(differ)} hours differ",
                "equal in every hour",
                not differ,
                _examples(differ),
                len(differ),
                len(both),
            )
        )
    for figure in ("refused_operations", "unmet_operations"):
        gaps = {key: abs(true[key][figure] - int(told[key][figure])) for key in both}
        beyond = [key for key in both if gaps[key] > true[key]["unsure"]]
        sure = sum(true[key]["unsure"] == 0 for key in both)
        results.append(
            Comparison(
                f"{figure} by tenant-hour",
                f"{sum(true[key][figure] for key in both)} over {len(both)} hours",
                f"{sum(int(told[key][figure]) for key in both)},"
                f" {sum(g > 0 for g in gaps.values())} hours differ",
                "equal, but for refusals unclear or alike",
                not beyond,
                f"{sure} hours without such; {_examples(beyond)}".rstrip("; "),
                sum(gaps.values()),
                len(both),
            )
        )
    planned = {
        (h["tenant_id"], h["hour"]): (h["refused"], h["refused_operations"])
        for h in truth.told["saturated"]
    }
    results.append(
        _exact(
            "4002 as the simulator counted them",
            sum(n for n, _ in planned.values()),
            int(table.refused.sum()),
        )
    )
    return results


# --- storms --------------------------------------------------------------------------------------


def _storms(truth: Truth, found: Found) -> list[Comparison]:
    readings = truth.episodes
    told = found_episodes(
        found.rows(
            """
        select
            tenant_id, epoch_us(started_at), epoch_us(ended_at), verdict, error_code, error_codes,
            operations, attempts, retries
        from retry_storms
        """
        )
    )
    strong = [episode for episode in readings[0] if episode.is_strong]  # the finest reading
    pairs: list[tuple[Episode, Episode | None]] = [
        (episode, max((t for t in told if t.overlaps(episode)), key=episode.shared, default=None))
        for episode in strong
    ]
    # Each storm found is held to the reading of the truth that is nearest to it.
    storms = {(s.tenant_id, s.start): s for _, s in pairs if s is not None}
    met = [
        (min((e for r in readings for e in r if e.overlaps(storm)), key=storm.off), storm)
        for storm in storms.values()
    ]
    edge_s = [b.off(a) / SECOND for a, b in met]
    ratio = [abs(b.amplification / a.amplification - 1) for a, b in met]
    codes = [(a, b) for a, b in met if not a.has_codes(b, truth.rows)]
    herds = [(a, b) for a, b in met if (a.verdict == HERD) != (b.verdict == HERD)]
    silent = {t["tenant_id"] for t in truth.told["tenants"] if t["manner"] == "never_retries"}
    # A storm that is not far above the threshold may be found or not; without retries it may not.
    empty = [t for t in told if t.retries < 20 or t.true_retries(truth.rows) < 20]
    return [
        Comparison(
            "storms far above the threshold",
            str(len(strong)),
            str(sum(storm is not None for _, storm in pairs)),
            "all found",
            all(storm is not None for _, storm in pairs),
            _examples([str(a) for a, b in pairs if b is None])
            or f"{len(told)} storms found in all",
            judged=len(strong),
        ),
        Comparison(
            "their start and end",
            "",
            f"at most {max(edge_s, default=0):.0f} s off",
            "60 s",
            all(s <= 60 for s in edge_s),
            _examples([f"{a} / {b}" for (a, b), s in zip(met, edge_s, strict=True) if s > 60]),
            max(edge_s, default=0),
            len(met),
        ),
        Comparison(
            "their amplification",
            "",
            f"at most {max(ratio, default=0):.1%} off",
            "10 %",
            all(r <= 0.1 for r in ratio),
            _examples([f"{a} / {b}" for (a, b), r in zip(met, ratio, strict=True) if r > 0.1]),
            max(ratio, default=0),
            len(met),
        ),
        Comparison(
            "their codes",
            str(len(met)),
            f"{len(met) - len(codes)} alike",
            "all",
            not codes,
            _examples([f"{a} / {b}" for a, b in codes]),
            judged=len(met),
        ),
        Comparison(
            "herds labelled herds, and nothing else",
            str(sum(a.verdict == HERD for a, _ in met)),
            str(sum(b.verdict == HERD for _, b in met)),
            "each",
            not herds,
            _examples([f"{a} / {b}" for a, b in herds]),
            judged=sum(a.verdict == HERD for a, _ in met),
        ),
        _exact("storms of tenants that never retry", 0, sum(t.tenant_id in silent for t in told)),
        _exact("storms without 20 true retries", 0, len(empty), _examples(map(str, empty))),
    ]


# --- contract ------------------------------------------------------------------------------------


def _contract(truth: Truth, found: Found) -> list[Comparison]:
    """Only the application log shows bodies and headers, so only its answers are judged."""
    judged = set(truth.rows.trace_id[truth.rows.app_sent])
    judged -= set(truth.rows.trace_id[~truth.rows.app_sent])
    listed = found.rows(
        """
        select kind, trace_id, http_route, error_code, strftime(occurred_at, '%Y-%m-%dT%H')
        from contract_violations
        """
    )
    planned = truth.told["violations"]
    results = []
    kinds = sorted({*planned, *(row[0] for row in listed)} - {"flapping_retryable"})
    true = {(kind, name) for kind in kinds for name in planned.get(kind, ()) if name in judged}
    told = {(kind, name) for kind, name, *_ in listed if kind in kinds and name in judged}
    total = sum(len(names) for names in planned.values())
    results.append(
        same(
            "contract violations of all other kinds, by trace_id",
            true,
            told,
            f"{len(kinds)} kinds; {total - len(true)} of {total} not in the application log",
        )
    )
    results.append(
        same(
            "flapping_retryable, by route, code and hour",
            {
                (f["http_route"], f["error_code"], f["hour"])
                for f in truth.told["flapping_retryable"]
            },
            {tuple(rest) for kind, _, *rest in listed if kind == "flapping_retryable"},
        )
    )
    overrides = {
        (o["http_route"], o["error_code"], o["retryable"]): o["n"]
        for o in truth.told["retryable_overrides"]
    }
    query = "select http_route, error_code, retryable, errors from retryable_overrides"
    results.append(
        same(
            "retryable_overrides, with counts",
            {(*key, n) for key, n in overrides.items()},
            {(route, code, flag, int(n)) for route, code, flag, n in found.rows(query)},
        )
    )
    return results


# --- helpers -------------------------------------------------------------------------------------


def _microseconds(text: pd.Series) -> pd.Series:
    """Integers: no unit of a timestamp can get in the way of a comparison."""
    return pd.to_datetime(text, utc=True).dt.as_unit("us").astype("int64")


def _examples(items: Any) -> str:
    items = [item if isinstance(item, str) else str(item) for item in items]
    return "; ".join(items[:EXAMPLES])


def _exact(figure: str, truth: int, found: int, note: str = "") -> Comparison:
    return Comparison(
        figure, str(truth), str(found), "equal", truth == found, note, abs(truth - found), truth
    )


def _share(figure: str, right: int, of: int, bar: float) -> Comparison:
    share = right / of if of else 1.0
    return Comparison(
        figure, str(of), f"{share:.5f}", f">= {bar:g}", share >= bar, "", 1 - share, of
    )


def same(
    figure: str, truth: frozenset[Any] | set[Any], found: frozenset[Any] | set[Any], note: str = ""
) -> Comparison:
    """Two sets that must be equal; the first elements that only one of them has are told."""
    missed, extra = sorted(truth - found, key=str), sorted(found - truth, key=str)
    parts = [note] if note else []
    if missed:
        parts.append(f"missed {_examples(missed)}")
    if extra:
        parts.append(f"too many {_examples(extra)}")
    return Comparison(
        figure,
        str(len(truth)),
        f"{len(truth & found)} of these, {len(extra)} more",
        "equal",
        truth == found,
        "; ".join(parts),
        len(missed) + len(extra),
        len(truth),
    )
