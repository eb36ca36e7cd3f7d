"""The commands for questions: sql, views.

Owns their arguments, and what goes to stdout and what to stderr. What they need is imported when
a command runs: `chertlog --help` must not wait for it.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import friendly, note
from chertlog.queries.cli_options import DataDir, Shape, find_data_dir

if TYPE_CHECKING:
    from chertlog.queries.results import Result

_TABLE_ROWS = 100
_SHELL_ROWS = 1000


def sql(
    query: Annotated[
        str | None,
        typer.Argument(help="One SELECT, a view, or @NAME of a saved query; - reads from stdin."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of a saved query."),
    ] = None,
    saved: Annotated[bool, typer.Option("--saved", help="List the saved queries.")] = False,
    shape: Annotated[
        Shape, typer.Option("--format", help="How to write the result.")
    ] = Shape.table,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, not to stdout.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"Most rows to return.  [{_TABLE_ROWS} in a table, else all]"),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds after which the query is stopped.")
    ] = 30,
    data_dir: DataDir = None,
) -> None:
    """Ask the published database one question in SQL. Nothing can be changed by it.

    Without a question, a terminal gets a shell: completion, history, pages; \\help there says
    more. Elsewhere it says what can be asked.

    \b
    Example:
      chertlog sql "select tenant_id, count(*) as errors from responses
                    where error_code = 4002 group by all order by errors desc"
      chertlog sql errors_by_code --format csv > errors.csv
      chertlog sql @errors_of_a_tenant --set tenant=tenant-06
    """
    with friendly():
        if saved:
            _list_saved(data_dir)
            return
        if query is None:
            if sys.stdin.isatty() and sys.stdout.isatty() and output is None:
                _open_shell(data_dir, shape, limit, timeout)
            else:
                _list_views(data_dir)
            return
        if shape is Shape.parquet and output is None and sys.stdout.isatty():
            raise typer.BadParameter("Parquet is not for the screen: name a file with --output.")
        from chertlog.queries.cli_results import write_result
        from chertlog.queries.sandbox import run_select

        if limit is None and shape is Shape.table:
            limit = _TABLE_ROWS
        question = sys.stdin.read() if query == "-" else query
        if question.startswith("@"):
            question = _saved(question[1:], set_ or [], data_dir)
        elif set_:
            raise typer.BadParameter("--set is for saved queries: chertlog sql @NAME --set …")
        result: Result = _meanwhile_loading(
            lambda: run_select(
                find_data_dir(data_dir), question, timeout, limit, door="chertlog sql"
            )
        )
        write_result(result, shape.value, output)


def _open_shell(data_dir: Path | None, shape: Shape, limit: int | None, timeout: float) -> None:
    from chertlog.queries.cli_results import as_text
    from chertlog.queries.published import published_database
    from chertlog.queries.sandbox import run_select
    from chertlog.queries.shell import FORMATS, Shell, session

    folder = find_data_dir(data_dir)
    path = published_database(folder)  # said at once, not at the first question
    note(f"{path.parent.parent.name}, generation {path.stem.lstrip('0')}; \\help for help")
    shell = Shell(
        folder,
        lambda sql: run_select(folder, sql, timeout, limit or _SHELL_ROWS, door="chertlog sql"),
        as_text,
        lambda name: _described(name, data_dir),
    )
    shell.format = shape.value if shape.value in FORMATS else "table"
    shell.run(session(folder))


def _saved(name: str, given: list[str], data_dir: Path | None) -> str:
    from chertlog.queries.saved_queries import find_saved

    values = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals:
            raise typer.BadParameter(f"{each!r}: write NAME=VALUE", param_hint="--set")
        values[key.strip()] = value
    return find_saved(name, find_data_dir(data_dir)).filled(values)


def _list_saved(data_dir: Path | None) -> None:
    from chertlog.queries.saved_queries import saved_queries
    from chertlog.queries.tables import draw_rows, say

    rows = [
        (f"@{each.name}", each.title, ", ".join(f"{k}={v}" for k, v in each.parameters.items()))
        for each in saved_queries(find_data_dir(data_dir)).values()
    ]
    say(draw_rows(["query", "question", "--set"], rows))


def _meanwhile_loading(ask: "Callable[[], Result]") -> "Result":
    """Load what reads the answer while the query's process starts: it takes as long again."""
    from importlib import import_module
    from threading import Thread

    loading = Thread(target=import_module, args=("pyarrow",), daemon=True)
    loading.start()
    try:
        return ask()
    finally:
        loading.join()


def views(
    name: Annotated[str | None, typer.Argument(help="A view or macro to describe.")] = None,
    data_dir: DataDir = None,
) -> None:
    """List what can be asked; with a name, describe every column of it.

    Example: chertlog views errors_by_code
    """
    with friendly():
        from chertlog.queries.tables import say

        if name is None:
            _list_views(data_dir)
        else:
            say(_described(name, data_dir))


def _list_views(data_dir: Path | None) -> None:
    from chertlog.queries.tables import say

    say(_described(None, data_dir))
    note(
        "Columns of one: chertlog views NAME. All of one: chertlog sql NAME.\n"
        'A question: chertlog sql "select … from …".'
    )


def _described(name: str | None, data_dir: Path | None) -> str:
    """The card of a view or macro; without a name, the list of them."""
    from chertlog.queries.cards import view_card, view_list
    from chertlog.queries.database import connect
    from chertlog.queries.relations import columns, find_relation, relations

    with connect(find_data_dir(data_dir)) as db:
        if name is None:
            return view_list(relations(db))
        relation = find_relation(db, name)
        described = columns(db, relation.name) if relation.kind == "view" else []
        first = 3 if len(described) < 13 else 1
        rows = db.rows(f'from "{relation.name}" limit {first}') if described else []
    return view_card(relation, described, [tuple(row.values()) for row in rows])
