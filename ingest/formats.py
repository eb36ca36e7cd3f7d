"""Which reader understands a file, judged by its first lines and never by its name.

Owns: the list of formats, and detection. What a format means is in its SQL file in `readers/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

from chertlog.ingest.log_format import compile_template

SAMPLE_LINES = 200
TRUTH_MARKERS = (b'"chertlog_truth"', b"chertlog_truth_trace_id")  # written by `chertlog sample`


@dataclass(frozen=True)
class Format:
    """A log format: its name, its SQL, and a test that says whether a line looks like it."""

    name: str
    title: str
    sql: str
    looks_like: Callable[[str], bool]
    example: str


@dataclass(frozen=True)
class Detected:
    """A format with the share of sample lines that it understands (0 to 1)."""

    format: Format
    confidence: float
    lines: int


def formats(log_formats: Sequence[str]) -> list[Format]:
    """Return the known formats; `log_formats` are nginx templates, the first that fits is taken."""
    edge = [
        Format(
            name=f"nginx:{name}",
            title=f"nginx access log, log_format {name}",
            sql=_edge_sql(template),
            looks_like=compile_template(template).matches,
            example=template,
        )
        for name, template in named_templates(log_formats).items()
    ]
    return [
        Format(
            name="app",
            title="Chert application log (NDJSON)",
            sql=_sql("app"),
            looks_like=_looks_like_app,
            example='{"ts":"2026-11-21T00:00:00.000000Z","event":"response.sent","trace_id":"…",…}',
        ),
        Format(
            name="otlp",
            title="OpenTelemetry logs, Collector file exporter (OTLP/JSON lines)",
            sql=_sql("otlp"),
            looks_like=_looks_like_otlp,
            example='{"resourceLogs":[{"scopeLogs":[{"logRecords":[…]}]}]}',
        ),
        *edge,
    ]


def named_templates(templates: Sequence[str]) -> dict[str, str]:
    """Name templates given as `log_format NAME '…'` or as the bare format string."""
    named: dict[str, str] = {}
    for number, template in enumerate(templates, 1):
        match = re.match(r"\s*log_format\s+(\S+)\s+(?:escape=\w+\s+)?(.*?);?\s*$", template, re.S)
        if match:
            parts = re.findall(r"'((?:[^'\\]|\\.)*)'", match[2])
            named[match[1]] = "".join(parts) or match[2]
        else:
            named[f"custom{number}"] = template
    return named


def detect(head: bytes, known: Sequence[Format]) -> Detected | None:
    """Return the format that understands most of the first lines, or None if none does."""
    lines = sample(head)
    if not lines or re.match(rb"\s*\[\s*\{", head):  # a JSON array, whose lines are no objects
        return None
    scored = [Detected(f, sum(map(f.looks_like, lines)) / len(lines), len(lines)) for f in known]
    best = max(scored, key=lambda d: d.confidence)
    return best if best.confidence > 0 else None


def sample(head: bytes) -> list[str]:
    """The first non-blank lines of a file, without a last one that may be cut."""
    whole = head.rsplit(b"\n", 1)[0] if b"\n" in head else head
    text = whole.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return [line for line in lines if line.strip()][:SAMPLE_LINES]


def is_truth(head: bytes) -> bool:
    """Whether this is the simulator's record of what it planted, which is no log."""
    return any(marker in head[:200] for marker in TRUTH_MARKERS)


def _sql(name: str) -> str:
    return resources.files("chertlog.ingest.readers").joinpath(f"{name}.sql").read_text("utf-8")


def _edge_sql(template: str) -> str:
    text = _sql("edge")
    for placeholder, literal in compile_template(template).as_sql().items():
        text = text.replace(f"{{{placeholder}}}", literal)
    return text


# Judged by text, not parsed: a damaged line still tells the format of its file.
def _looks_like_app(line: str) -> bool:
    return line.lstrip().startswith("{") and '"ts"' in line and '"event"' in line


def _looks_like_otlp(line: str) -> bool:
    return line.lstrip().startswith("{") and '"resourceLogs"' in line
