"""The command `watch`: its options, its signals, and a line for each cycle that did something."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import friendly

if TYPE_CHECKING:
    from chertlog.ingest.settings import Settings
    from chertlog.ingest.watch import Cycle


def watch(
    paths: Annotated[list[str] | None, typer.Argument(help="Files, directories, patterns.")] = None,
    interval: Annotated[
        float, typer.Option(min=1, help="Seconds from one cycle to the next, at least.")
    ] = 30,
    check: Annotated[
        bool, typer.Option("--check", help="After each publication, check the alert rules.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say only what needs a person.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="As for ingest.", show_default=False),
    ] = None,
) -> None:
    """Follow growing and rotating files, and publish what they bring every half minute.

    The same lines, exactly once, as a nightly ingest of the same files. Runs until Ctrl-C or
    SIGTERM; what it was reading then is read by the next run. Cycles are further apart where
    publishing would take more than a fifth of the time.

    Example: chertlog watch /var/log/chert '/var/log/nginx/access.log*' --check
    """
    with friendly():
        from chertlog.ingest.errors import WrongUse
        from chertlog.ingest.files import find
        from chertlog.ingest.settings import load_settings
        from chertlog.ingest.watch import Watch

        if not paths:
            raise WrongUse(
                "no path given", next="name files or directories: chertlog watch /var/log/chert"
            )
        settings = load_settings(data_dir)
        _, missing = find(paths)
        for path in missing:
            _say(f"nothing there yet, it will be looked for each time: {path}")
        watching = Watch(paths, settings, interval)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: watching.stop())

        def on_cycle(cycle: Cycle) -> None:
            _tell(cycle, quiet=quiet)
            if check and cycle.summary and cycle.summary.published:
                _check(settings)

        watching.run(on_cycle=on_cycle)


def _tell(cycle: Cycle, *, quiet: bool) -> None:
    if cycle.trouble is not None:
        _say(f"nothing loaded this time: {cycle.trouble}")
        return
    summary = cycle.summary
    if summary is None:
        return
    for outcome in summary.outcomes:
        if outcome.status == "refused":
            _say(f"refused: {outcome.path}: {outcome.reason}")
    for failure in summary.failures:
        _say(f"not published: {failure}")
    if summary.published and not quiet:
        _say(
            f"{summary.events:,} events, {summary.rejected:,} rejected, in {cycle.seconds:.1f} s; "
            f"generation {int(summary.published.stem)}"
        )


def _check(settings: Settings) -> None:
    from chertlog.queries.alerting.once import check_once
    from chertlog.queries.errors import ChertlogError

    try:
        checked = check_once(settings.data_dir, settings.alerts, deliver=True)
    except ChertlogError as error:
        _say(f"alerts were not checked: {error}")
        return
    for name, why in checked.unreached.items():
        _say(f"{name} was not told of alerts: {why}")


def _say(text: str) -> None:
    from chertlog.queries.clean_text import clean_line

    typer.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ} {clean_line(text)}", err=True)
