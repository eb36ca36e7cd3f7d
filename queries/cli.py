"""The commands that ask the published database: sql, views, trace, find, code, …

Owns how they join a command line; the commands themselves stand in `cli_ask`, `cli_tell`,
`cli_find`, `cli_export` and `cli_check`. They only read: whatever writes is added by the program
that calls `register`.

    app = typer.Typer(name="chertlog")
    register(app)
"""

import typer

from chertlog.queries.cli_ask import sql, views
from chertlog.queries.cli_check import FindAlertSettings, check, use_settings
from chertlog.queries.cli_export import export
from chertlog.queries.cli_find import find
from chertlog.queries.cli_options import FindDataDir, use_finder
from chertlog.queries.cli_tell import code, report, trace

__all__ = ["register"]


def register(
    app: typer.Typer,
    find_data_dir: FindDataDir | None = None,
    find_alert_settings: FindAlertSettings | None = None,
) -> None:
    """Add the commands to `app`.

    `find_data_dir` turns --data-dir (None if not given) into the directory to read, so that the
    program can look into its configuration; without it, CHERTLOG_DATA_DIR or ./chertlog-data.
    `find_alert_settings` reads who is told of alerts; without it, nobody but the terminal.
    """
    use_finder(find_data_dir)
    use_settings(find_alert_settings)
    for command in (sql, views, trace, find, code, report, export, check):
        app.command()(command)
