"""What the user may set, and where: flags over CHERTLOG_* over chertlog.toml over defaults.

Owns: reading `chertlog.toml` and the environment. Thresholds of the analysis are parameters
(`queries/seeds/parameters.csv`); the file can override those too.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chertlog.ingest.errors import WrongUse
from chertlog.ingest.fieldmap import BadMap, FieldMap, judge, read_map, shipped
from chertlog.ingest.log_format import SHIPPED, compile_template, is_apache, named_templates
from chertlog.queries.alerting.destinations import AlertSettings

CONFIG_FILE = "chertlog.toml"
DEFAULT_DATA_DIR = "chertlog-data"
LONGEST_CHAIN_H = 24  # what merge.CHAIN_MARGIN and transforms/chain_numbers.sql rest on
KEYS = {
    *("data_dir", "memory_limit", "threads", "group", "keep_days", "time_zone"),
    *("edge", "formats", "parameters", "alerts"),
}


@dataclass(frozen=True)
class Settings:
    """Settings in force."""

    data_dir: Path
    memory_limit: str = "800MB"
    threads: int | None = None
    group: str | None = None  # which group may read what is published; None: the process's own
    keep_days: int | None = None  # ingest prunes what is older; None: nothing
    time_zone: str = "UTC"  # of times that a log writes without an offset
    log_formats: tuple[str, ...] = SHIPPED
    field_maps: dict[str, FieldMap] = field(default_factory=dict)  # the user's own formats
    parameters: dict[str, float] = field(default_factory=dict)
    alerts: AlertSettings = field(default_factory=AlertSettings)


def load_settings(data_dir: Path | None = None, config: Path | None = None) -> Settings:
    """Return the settings. Raises WrongUse for a file that cannot be understood."""
    path = config or Path(os.environ.get("CHERTLOG_CONFIG", CONFIG_FILE))
    named = config is not None or "CHERTLOG_CONFIG" in os.environ
    values = _read(path) if named or path.exists() else {}
    _require_known(values, KEYS, path)
    folder = data_dir or os.environ.get("CHERTLOG_DATA_DIR") or values.get("data_dir")
    return Settings(
        data_dir=Path(str(folder or DEFAULT_DATA_DIR)),
        memory_limit=str(
            os.environ.get("CHERTLOG_MEMORY_LIMIT") or values.get("memory_limit", "800MB")
        ),
        threads=_integer(values.get("threads"), "threads", path),
        group=_text(values.get("group"), "group", path),
        keep_days=_integer(values.get("keep_days"), "keep_days", path),
        time_zone=_time_zone(values.get("time_zone"), path),
        log_formats=(*_log_formats(values.get("edge"), path), *SHIPPED),
        field_maps=_field_maps(values.get("formats"), path),
        parameters=_parameters(values.get("parameters"), path),
        alerts=_alerts(values.get("alerts"), path),
    )


def _require_known(values: Mapping[str, object], known: Collection[str], path: Path) -> None:
    if unknown := values.keys() - known:
        name = sorted(unknown)[0]
        close = get_close_matches(name, known, 1)
        raise WrongUse(
            f"unknown key {name!r}",
            where=str(path),
            next=f"did you mean {close[0]!r}?"
            if close
            else f"known keys: {', '.join(sorted(known))}",
        )


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WrongUse("cannot be read", where=str(path), why=str(error)) from None


def _integer(value: object, name: str, path: Path) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise WrongUse(f"{name} must be a positive whole number", where=str(path))


def _text(value: object, name: str, path: Path) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise WrongUse(f"{name} must be a text in quotes", where=str(path))


def _log_formats(section: object, path: Path) -> tuple[str, ...]:
    if section is None:
        return ()
    formats = section.get("log_formats") if isinstance(section, dict) else None
    if not isinstance(formats, list) or not all(isinstance(f, str) for f in formats):
        raise WrongUse(
            "[edge] needs log_formats, a list of log_format strings",
            where=str(path),
            next="""for example: log_formats = ["log_format main '… [$time_local] … $status …'"]""",
        )
    for text in named_templates(formats).values():
        try:
            compile_template(text, shipped()["apache" if is_apache(text) else "nginx"].names)
        except ValueError as error:
            raise WrongUse("a log_format cannot be used", where=str(path), why=str(error)) from None
    return tuple(formats)


def _alerts(section: object, path: Path) -> AlertSettings:
    values = section if isinstance(section, dict) else {}
    if section is not None and not isinstance(section, dict):
        raise WrongUse("[alerts] must be a section", where=str(path))
    _require_known(values, {each.name for each in fields(AlertSettings)}, path)
    told: dict[str, Any] = {}
    for name, value in values.items():
        if name == "email_to":
            if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
                raise WrongUse("email_to must be a list of addresses", where=str(path))
            told[name] = tuple(value)
        else:
            told[name] = _text(value, name, path)
    if webhook := os.environ.get("CHERTLOG_ALERT_WEBHOOK"):
        told["webhook"] = webhook
    for name in ("dashboard_url", "webhook", "alertmanager"):
        if name in told and not re.match(r"https?://[^/\s]+", told[name]):
            raise WrongUse(f"{name} must begin with http:// or https://", where=str(path))
    return AlertSettings(**told)


def _time_zone(value: object, path: Path) -> str:
    name = _text(value, "time_zone", path)
    if name is None:
        return "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongUse(
            f"unknown time zone {name!r}",
            where=str(path),
            next="use a name such as Europe/Berlin or UTC",
        ) from None
    return name


def _field_maps(section: object, path: Path) -> dict[str, FieldMap]:
    if section is None:
        return {}
    if not isinstance(section, dict) or not all(isinstance(v, dict) for v in section.values()):
        raise WrongUse(
            "[formats] holds a section for each format",
            where=str(path),
            next="for example: [formats.billing], and [formats.billing.fields]",
        )
    found = {}
    for name, values in section.items():
        try:
            found[name] = read_map(name, values)
            judge(found[name])
        except BadMap as error:
            raise WrongUse(
                f"the format {name!r} cannot be used", where=str(path), why=str(error)
            ) from None
    return found


def _parameters(section: object, path: Path) -> dict[str, float]:
    if section is None:
        return {}
    if not isinstance(section, dict) or not all(
        isinstance(v, int | float) for v in section.values()
    ):
        raise WrongUse("[parameters] holds names and numbers only", where=str(path))
    if section.get("idempotency_window_h", 0) > LONGEST_CHAIN_H:
        raise WrongUse(
            f"idempotency_window_h is at most {LONGEST_CHAIN_H}",
            where=str(path),
            why="chains are looked for that far around a batch, and no further",
        )
    return {name: float(value) for name, value in section.items()}
