"""Every page with full, empty, missing and strange data, without a browser."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

import chertlog.dashboard
from chertlog.queries.apply import apply_views, create_schema, load_seeds

from .conftest import HOSTILE_TRACE, Published

APP = Path(next(iter(chertlog.dashboard.__path__))) / "app.py"


def _open(data_dir: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> Any:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def _trace(data_dir: Path, monkeypatch: pytest.MonkeyPatch, trace_id: str = "") -> Any:
    app = _open(data_dir, monkeypatch).switch_page("screens/trace/page.py").run()
    return app.text_input(key="trace").set_value(trace_id).run() if trace_id else app


def _figures(app: Any) -> dict[str, str]:
    assert not app.exception
    return {metric.label: metric.value for metric in app.metric}


def _said(app: Any) -> str:
    assert not app.exception
    kinds = (app.subheader, app.text, app.code, app.caption, app.get("html"))
    return "\n".join(
        str(getattr(each, "value", "") or each.proto.body) for kind in kinds for each in kind
    )


def _publish(folder: Path, statement: str = "") -> Path:
    """A data directory with an empty database in it, changed by a statement."""
    folder.mkdir()
    con = duckdb.connect(str(folder / "chertlog.duckdb"))
    create_schema(con)
    load_seeds(con)
    apply_views(con)
    if statement:
        con.execute(statement)
    con.close()
    return folder


def test_overview_equals_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = _figures(_open(day.data_dir, monkeypatch, range="all"))
    truth = day.totals(24 * 60)
    assert figures["Responses"] == f"{truth['responses']:,}"
    assert figures["Error ratio"] == f"{truth['error_ratio']:.2%}"
    assert figures["Failed operations"] == f"{truth['failed_operations']:,}"
    refused = day.rows("select errors from errors_by_code where error_code = 4002")
    assert figures["4002 lines saturated"] == f"{refused[0]['errors']:,}"


@pytest.mark.parametrize("retryable", [True, False])
def test_retryability_filters_errors_and_leaves_responses(
    day: Published, monkeypatch: pytest.MonkeyPatch, retryable: bool
) -> None:
    choice = "retryable" if retryable else "non-retryable"
    figures = _figures(_open(day.data_dir, monkeypatch, range="all", retryable=choice))
    truth = day.rows(
        """
        select count(*) as responses,
            count(*) filter (is_error and retryable = $sent) / count(is_error) as error_ratio
        from responses
        """,
        sent=retryable,
    )[0]
    assert figures["Responses"] == f"{truth['responses']:,}"
    assert figures["Error ratio"] == f"{truth['error_ratio']:.2%}"
    # Filtered away is not none: it says so.
    assert (figures["Non-retryable errors"] == "–") is retryable


def test_a_tenant_alone(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _open(day.data_dir, monkeypatch, range="all", tenant="tenant-02")
    count = day.rows("select count(*) as n from responses where tenant_id = 'tenant-02'")[0]["n"]
    assert _figures(app)["Responses"] == f"{count:,}"


def test_the_period_before_is_compared_where_there_is_one(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(metric.delta for metric in _open(day.data_dir, monkeypatch, range="1h").metric[:2])
    assert not any(metric.delta for metric in _open(day.data_dir, monkeypatch, range="7d").metric)


def test_no_match_offers_the_way_back(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = day.rows(
        """
        select r.tenant_id, s.surface from (select distinct tenant_id from responses) as r
        cross join api_surfaces as s
        where r.tenant_id is not null and not exists (
            select 1 from responses as x
            where x.tenant_id = r.tenant_id and x.surface = s.surface
        ) limit 1
        """
    )[0]
    chosen = {"tenant": quiet["tenant_id"], "surface": quiet["surface"]}
    app = _open(day.data_dir, monkeypatch, range="all", **chosen)
    assert "match these filters" in _said(app)
    app.button[0].click().run()
    assert _figures(app)["Responses"] == f"{day.totals(24 * 60)['responses']:,}"


def test_an_unknown_choice_in_the_url_is_dropped(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = _figures(_open(day.data_dir, monkeypatch, range="bogus", tenant="<b>", surface="x"))
    assert figures == _figures(_open(day.data_dir, monkeypatch))


def test_a_trace_is_told(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    row = day.rows(
        """
        select r.trace_id from responses as r join operations as o using (operation_id)
        where r.error_code = 4002 and o.outcome = 'gave_up' order by r.trace_id limit 1
        """
    )[0]
    said = _said(_trace(day.data_dir, monkeypatch, row["trace_id"]))
    assert "Failed with 4002" in said
    assert "What to do: Retry later" in said
    assert "The whole operation" in said


@pytest.mark.parametrize("trace_id", [HOSTILE_TRACE, ""])
def test_log_text_reaches_no_markdown(
    day: Published, monkeypatch: pytest.MonkeyPatch, trace_id: str
) -> None:
    app = _trace(day.data_dir, monkeypatch, trace_id)
    read = [*app.markdown, *app.caption, *app.subheader, *app.title, *app.metric]
    assert not any("evil.example" in str(element.value) for element in read)
    markup = "".join(element.proto.body for element in app.get("html"))
    assert "&lt;img src=x" in markup and "<img src=x" not in markup


def test_undocumented_surfaces_are_one_choice(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _open(day.data_dir, monkeypatch, range="all", surface="other")
    assert _figures(app)["Responses"] == "1"
    assert "evil.example" not in _said(app)


def test_an_unanswered_request_is_told(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    row = day.rows("select trace_id from unanswered_requests limit 1")[0]
    assert "No answer" in _said(_trace(day.data_dir, monkeypatch, row["trace_id"]))


def test_an_unknown_trace_says_what_to_do(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(_trace(day.data_dir, monkeypatch, "0123456789ab"))
    assert "No log holds this trace" in said and "wait for the next ingest" in said


def test_an_opentelemetry_id_leads_to_our_own(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = day.rows(
        "select otel_trace_id, trace_id from events where otel_trace_id is not null limit 1"
    )[0]
    assert row["trace_id"] in _said(_trace(day.data_dir, monkeypatch, row["otel_trace_id"]))


def test_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(_open(tmp_path, monkeypatch))
    assert "No database yet" in said and "chertlog ingest" in said


def test_the_first_ingest_is_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work.duckdb").touch()
    assert "The first logs are being loaded" in _said(_open(tmp_path, monkeypatch))


def test_a_newer_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = "update store.meta set value = '999' where key = 'schema_version'"
    said = _said(_open(_publish(tmp_path / "data", newer), monkeypatch))
    assert "newer chertlog" in said and "Upgrade chertlog" in said


def test_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chertlog.duckdb").write_bytes(b"no database" * 1000)
    assert "database" in _said(_open(tmp_path, monkeypatch))


def test_an_empty_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "The database is empty" in _said(_open(_publish(tmp_path / "data"), monkeypatch))


def test_a_database_of_rejected_lines_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = "now()::timestamp"
    run = f"insert into store.ingest_run values (1, {at}, {at}, '0', 1, 1, 0, 7, 0, 7, 0, 0)"
    said = _said(_open(_publish(tmp_path / "data", run), monkeypatch))
    assert "7 lines were read, 7 of them rejected" in said


def test_an_idempotency_key_leads_to_its_attempts(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasted as the customer has it; the box, and so the URL, keep its pseudonym."""
    logs = day.data_dir.parent / "logs"
    lines = (line for file in sorted((logs / "app").iterdir()) for line in _lines(file))
    received = next(json.loads(line) for line in lines if '"idempotency_key":"' in line)
    key, trace_id = received["idempotency_key"], received["trace_id"]
    truth = day.rows(
        """
        select idempotency_key as pseudonym, list(trace_id order by occurred_at) as trace_ids
        from responses
        where idempotency_key = (select idempotency_key from responses where trace_id = $id limit 1)
        group by all
        """,
        id=trace_id,
    )[0]
    for pasted in (key, f'{{"idempotency_key": "{key}"}}', f"Idempotency-Key: {key}"):
        app = _trace(day.data_dir, monkeypatch, pasted)
        assert app.text_input(key="trace").value == truth["pseudonym"]
        assert key not in _said(app)
        assert truth["trace_ids"][-1] in _said(app)
    # Who may not read the key file still finds it by the pseudonym that the database shows.
    monkeypatch.delenv("CHERTLOG_PSEUDONYM_KEY")
    alone = _without_key(day)
    app = _trace(alone, monkeypatch, truth["pseudonym"])
    assert truth["trace_ids"][-1] in _said(app)
    assert "No log holds this trace" in _said(_trace(alone, monkeypatch, key))
    assert "No response bears this" in _said(_trace(alone, monkeypatch, "k_0123456789abcdef"))


def _lines(file: Path) -> Iterator[str]:
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8", errors="replace") as lines:
        yield from lines


def _without_key(day: Published) -> Path:
    """The database of the day without the key beside it."""
    return (day.data_dir / "chertlog.duckdb").resolve()


def test_a_trace_leads_to_its_storm_hour_code_and_client(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = day.rows(
        """
        select r.trace_id, r.tenant_id, r.received_at, s.storm_id
        from responses as r
        join retry_storms as s
            on r.tenant_id = s.tenant_id and r.received_at between s.started_at and s.ended_at
        where r.error_code = 4002 and r.attempt > 1 order by r.trace_id limit 1
        """
    )[0]
    said = _said(_trace(day.data_dir, monkeypatch, row["trace_id"]))
    hour = f"{row['received_at']:%Y-%m-%dT%H}"
    assert f"storms?range=all&amp;storm={row['storm_id']}" in said
    assert f"saturation?range=all&amp;hour={hour}&amp;who={row['tenant_id']}" in said
    assert "errors?range=custom" in said and "code=4002" in said
    assert f"clients?client={row['tenant_id']}" in said


def test_stale_data_are_shouted_about(changing: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    # The simulated day ends when the simulation says; how old that is depends on today.
    stale_after = "update store.parameter set value = $1 where parameter = 'stale_after_h'"
    changing.publish(stale_after, -240_000)
    said = _said(_open(changing.data_dir, monkeypatch))
    assert 'role="alert"' in said and "what goes wrong now is not in these figures" in said
    changing.publish(stale_after, 240_000)
    assert 'role="alert"' not in _said(_open(changing.data_dir, monkeypatch))
