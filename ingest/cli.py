"""The one command, `chertlog`.

Owns the commands that write (`ingest`, `sample`, `demo`) or start something (`dashboard`). The
commands that ask live in `chertlog.queries.cli`. The dashboard is started as a process of its own
and never imported: `ingest` works without loading Streamlit.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chertlog.ingest.cli_erase import forget, prune
from chertlog.ingest.cli_formats import formats
from chertlog.ingest.cli_schedule import schedule
from chertlog.ingest.cli_watch import watch
from chertlog.queries.cli import register
from chertlog.queries.cli_errors import friendly

if TYPE_CHECKING:
    from chertlog.queries.alerting.destinations import AlertSettings

app = typer.Typer(
    name="chertlog",
    help="Log and trace analytics for the Chert messaging API: errors by code, retryability and "
    "surface, from server logs, in one DuckDB file.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Where the database lives (also CHERTLOG_DATA_DIR, chertlog.toml).  [./chertlog-data]",
        show_default=False,
    ),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chertlog {version('chertlog')}")
        raise typer.Exit


@app.callback()
def _main(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command()
def ingest(
    paths: Annotated[list[str] | None, typer.Argument(help="Files, directories, patterns.")] = None,
    data_dir: DataDir = None,
    final: Annotated[
        bool, typer.Option("--final", help="Read an unfinished last line, too.")
    ] = False,
    reload: Annotated[
        list[str] | None,
        typer.Option("--reload", metavar="PATH", help="Forget what PATH brought, load it again."),
    ] = None,
    timings: Annotated[bool, typer.Option("--timings", help="Show where the time went.")] = False,
    format_name: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="Read all of it as this; see formats."),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing unless a person is needed.")
    ] = False,
    keep_days: Annotated[
        int | None,
        typer.Option(min=1, help="Afterwards remove what is older.  [keep_days in chertlog.toml]"),
    ] = None,
) -> None:
    """Load log files, each line exactly once, and publish the database.

    Format and compression are recognised by content. A file that was loaded before, under
    whatever name, adds nothing; one that grew adds its new lines.

    Example: chertlog ingest /var/log/chert /var/log/nginx/access.log*
    """
    with friendly():
        again = [*(reload or [])]
        _ingest([*(paths or [])], data_dir, final, again, timings, quiet, keep_days, format_name)


def _ingest(
    paths: list[str],
    data_dir: Path | None,
    final: bool = False,
    reload: list[str] | None = None,
    timings: bool = False,
    quiet: bool = False,
    keep_days: int | None = None,
    format_name: str | None = None,
) -> None:
    from dataclasses import replace

    from rich.console import Console

    from chertlog.ingest.errors import WrongUse
    from chertlog.ingest.progress import Bar, print_summary
    from chertlog.ingest.run import ingest as run
    from chertlog.ingest.settings import load_settings

    if not paths and not reload:
        raise WrongUse(
            "no path given", next="name files or directories: chertlog ingest /var/log/chert"
        )
    console = Console(stderr=True)
    settings = load_settings(data_dir)
    if keep_days:
        settings = replace(settings, keep_days=keep_days)
    with Bar(console) as bar:
        summary = run(
            paths,
            settings,
            final=final,
            reload=reload or [],
            format_name=format_name,
            reporter=bar,
        )
    print_summary(console, summary, timings=timings, quiet=quiet)
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


app.command()(watch)
app.command()(schedule)
app.command()(formats)
app.command()(forget)
app.command()(prune)


@app.command()
def sample(
    out: Annotated[Path, typer.Option("--out", help="Directory to write to; must be empty.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    hours: Annotated[float, typer.Option(help="Length of the simulated time.")] = 24.0,
    rps: Annotated[float, typer.Option(help="Mean responses per second.")] = 1.0,
    corrupt: Annotated[float, typer.Option(help="Share of damaged lines, 0 to 0.5.")] = 0.0,
) -> None:
    """Write a realistic day of Chert's logs, any size, with the truth beside it.

    Example: chertlog sample --out day --hours 24 --rps 1 --corrupt 0.01
    """
    with friendly():
        _sample(out, seed, hours, rps, corrupt)


def _sample(out: Path, seed: int, hours: float, rps: float, corrupt: float) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from chertlog.ingest.errors import WrongUse
    from chertlog.ingest.simulate import write_day

    if out.exists() and any(out.iterdir()):
        raise WrongUse(
            "the directory is not empty",
            where=str(out),
            why="files of another day would be taken for this one",
            next="choose another --out, or empty it",
        )
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("simulating", total=None)

        def tick(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            made = write_day(out, seed=seed, hours=hours, rps=rps, corrupt=corrupt, progress=tick)
        except ValueError as error:
            raise WrongUse(str(error)) from None
    lines = sum(made.lines.values())
    console.print(
        f"{made.responses:,} responses, {lines:,} log lines, {made.bytes / 1e6:,.0f} MB "
        f"in {made.seconds:.1f} s: {out}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def demo(
    data_dir: DataDir = None,
    serve: Annotated[bool, typer.Option(help="Start the dashboard at the end.")] = True,
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8501,
) -> None:
    """Make a sample day, ingest it, print the report and start the dashboard.

    Example: chertlog demo --no-serve
    """
    with friendly():
        from chertlog.ingest.settings import load_settings

        folder = load_settings(data_dir).data_dir
        logs = folder.with_name(f"{folder.name}-sample-logs")
        if not (logs / "truth.json").exists():
            _note(f"A simulated day of logs, in {logs}:")
            _sample(logs, seed=1, hours=24, rps=1.0, corrupt=0.001)
        _note(f"Loading it into {folder}:")
        _ingest([str(logs)], folder, final=True)
        _ask("report", "--data-dir", str(folder))
        if serve:
            _note("Starting the dashboard; Ctrl-C stops it.")
            _dashboard(folder, port)


@app.command()
def dashboard(
    data_dir: DataDir = None,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback need a proxy in front.")
    ] = "127.0.0.1",
    metrics_port: Annotated[
        int | None,
        typer.Option(help="Port of 127.0.0.1 for Prometheus metrics and /healthz; off without."),
    ] = None,
) -> None:
    """Start the dashboard in the foreground, until Ctrl-C.

    Example: chertlog dashboard --data-dir /var/lib/chertlog --port 8600
    """
    with friendly():
        from chertlog.ingest.settings import load_settings

        _dashboard(load_settings(data_dir).data_dir, port, host, metrics_port)


def _dashboard(
    data_dir: Path, port: int, host: str = "127.0.0.1", metrics_port: int | None = None
) -> None:
    """Become the dashboard's process, so that it gets every signal itself."""
    import os

    command = [sys.executable, "-m", "chertlog.dashboard", "--data-dir", str(data_dir)]
    command += ["--port", str(port), "--host", host]
    command += ["--metrics-port", str(metrics_port)] if metrics_port else []
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, command)


def _ask(*arguments: str) -> None:
    """Run one of the asking commands in this process."""
    command: Any = typer.main.get_command(app)
    command.main(list(arguments), prog_name="chertlog", standalone_mode=False)


def _note(text: str) -> None:
    typer.echo(text, err=True)


def _find_data_dir(given: Path | None) -> Path:
    from chertlog.ingest.settings import load_settings

    return load_settings(given).data_dir


def _alert_settings() -> AlertSettings:
    from chertlog.ingest.settings import load_settings

    return load_settings().alerts


register(app, _find_data_dir, _alert_settings)


def main() -> None:
    """Entry point of the `chertlog` command."""
    app()
