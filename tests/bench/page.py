"""Writes docs/benchmarks.md from the figures that `make bench` left in .bench/.

make bench
.venv/bin/python tests/bench/page.py
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Figures = dict[str, Any]

HEAD = """# Benchmarks

Written by `tests/bench/page.py` from what `make bench` measured. Run it on your own machine before
you trust it there. Contenders take turns, each in a process of its own, on the same file; quoted
are medians, ratios pair by pair within a round. Memory is the peak of the whole process in the same
run, under the memory limit that chertlog ships with.
"""
MISSED = "**missed**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--figures", type=Path, default=ROOT / ".bench")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args()
    sections = {
        "ingest": _ingest,
        "formats": _formats,
        "nights": _nights,
        "queries": _queries,
        "dashboard": _dashboard,
    }
    parts = [HEAD]
    for name, write in sections.items():
        path = options.figures / f"{name}.json"
        if path.exists():
            figures = json.loads(path.read_text())
            parts.append("\n".join(write(figures)) + "\n\n" + _measured_on(figures, path))
    options.page.write_text("\n".join(parts))


def _measured_on(figures: Figures, path: Path) -> str:
    day = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return f"{day:%Y-%m-%d}, {figures['machine']}; {figures['versions']}.\n"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]


def _ingest(figures: Figures) -> Iterator[str]:
    yield "## Loading a night\n"
    yield (
        f"About {figures['lines']:,} lines a file, {figures['runs']} rounds. chertlog hashes, "
        "numbers, checks, redacts, merges, chains, sums and publishes; what a peer leaves out "
        "stands in its row."
    )
    for race in figures["races"]:
        lines = f"{race['lines']:,} lines, " if race["lines"] else ""
        yield f"\n### {race['title']}\n\n{lines}{race['bytes'] / 1e6:,.0f} MB\n"
        head = ["", "wall s", "CPU s", "peak MB", "stored MB", "chertlog takes", "target"]
        yield from _table([*head, "not done"], [_contender(c) for c in race["contenders"]])


def _contender(each: Figures) -> list[str]:
    times, target = each.get("times"), each.get("target")
    return [
        each["name"],
        f"{each['wall']:.2f}",
        f"{each['cpu']:.2f}",
        f"{each['peak'] / 1e6:,.0f}",
        f"{each['stored'] / 1e6:,.1f}" if each["stored"] else "–",
        f"{times['median']:.2f} × ({times['min']:.2f} to {times['max']:.2f})" if times else "",
        _against(times["median"], target) if times and target else "",
        each["lacks"].rstrip("."),
    ]


def _against(found: float, target: float) -> str:
    return f"≤ {target:g}: {'met' if found <= target else MISSED}"


def _formats(figures: Figures) -> Iterator[str]:
    yield "## Formats\n"
    rows = [
        [each["format"], f"{each['mb_per_cpu_s']:.1f}", f"{each['times']:.2f} ×"]
        for each in figures["formats"]
    ]
    yield from _table(["format", "MB per CPU second", "CPU per byte, app NDJSON = 1"], rows)


def _nights(figures: Figures) -> Iterator[str]:
    yield "## One more day on top of history\n"
    yield (
        f"{figures['rps']:g} responses a second, {figures['runs']} runs; the load without its "
        "publication.\n"
    )
    first = figures["histories"][0]
    rows = []
    for each in figures["histories"]:
        load, least = _middle(each["loads"]), _middle(first["loads"])
        rows.append(
            [
                f"{each['days']} days",
                f"{each['responses']:,}",
                f"{load:.2f}",
                f"{load / least:.2f}",
                f"{each['published'] / 1e6:,.0f}",
                f"{each['stages']['publishing'] / each['published'] * 1e9:.2f}",
                f"{each['published'] / each['responses']:.0f}",
                f"{each['response_table'] / each['response_parquet']:.2f}",
            ]
        )
    head = ["history", "responses", "load s", "times", "published MB", "publication s/GB"]
    yield from _table([*head, "bytes a response", "responses, against Parquet (zstd)"], rows)


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _queries(figures: Figures) -> Iterator[str]:
    yield "## Asking\n"
    trace = figures["trace"]
    rows = [
        [f"`{each['view']}`", f"{each['rows']:,}", f"{each['cold']:.0f}", f"{each['warm']:.1f}"]
        for each in figures["views"]
    ]
    yield f"Trace look-up: p50 {trace['p50']:.1f} ms, p95 {trace['p95']:.1f} ms. "
    commands = figures["commands"].items()
    yield "; ".join(f"`chertlog {name}` {s:.2f} s" for name, s in commands) + ".\n"
    yield "Views are read whole, of the long ones a thousand rows.\n"
    yield from _table(["view", "rows", "cold ms", "warm ms"], rows)


def _dashboard(figures: Figures) -> Iterator[str]:
    yield "## The dashboard\n"
    rows = [
        [
            each["page"],
            each["shown"],
            str(each["queries"]),
            f"{each['cold']:.0f}",
            f"{each['p50']:.0f}",
            f"{each['cpu']:.0f}",
            f"{each['slowest']} {each['slowest_ms']:.0f}",
        ]
        for each in figures["pages"]
        if each["queries"]
    ]
    head = ["page", "range", "queries", "cold ms", "warm ms", "CPU ms", "slowest, ms"]
    yield from _table(head, rows)
    if "browser" in figures:
        metric, whole, again, whole_again = figures["browser"]
        yield (
            f"\nIn a browser: first figure {metric:.1f} s, full page {whole:.1f} s; on the next "
            f"visit {again:.1f} and {whole_again:.1f} s."
        )
    for name, each in figures.items():
        if name.startswith("crowd"):
            yield (
                f"\n{name}, {figures['servers']} dashboards: p50 {each['p50']:.1f} s, "
                f"p95 {each['p95']:.1f} s, {each['errors']} errors."
            )


if __name__ == "__main__":
    main()
