"""A simulated day, clean and damaged: what the database says equals what really happened.

The simulator's own account is held to an independent recount in test_simulate.py.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

TIMED = "strftime({}, '%Y-%m-%dT%H:%M:%S.%fZ')"


@pytest.fixture(scope="module", params=["clean_day", "corrupt_day"])
def day(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def con(day: Any) -> Any:
    """The published database, with the truth about each response beside it as table `truth`."""
    with duckdb.connect() as con:
        con.execute(f"attach '{day.store.generation}' as published (read_only)")
        con.execute("set search_path = 'memory.main,published.main'")
        con.execute(
            """
            create table memory.main.truth as
            select
                chertlog_truth_trace_id as trace_id,
                occurred_at::timestamp as occurred_at,
                received_at::timestamp as received_at,
                * exclude (
                    chertlog_truth_trace_id, occurred_at, received_at,
                    app_received, app_sent, edge, otlp
                ) replace (
                        http_status::smallint as http_status,
                        is_error::boolean as is_error,
                        error_code::integer as error_code,
                        retryable::boolean as retryable,
                        retry_after_s::integer as retry_after_s,
                        retry_after_header_s::integer as retry_after_header_s,
                        duration_ms::bigint as duration_ms
                    ),
                app_received::boolean as app_received,
                app_sent::boolean as app,
                edge::boolean as edge,
                otlp::boolean as otlp
            from read_csv($path, all_varchar = true, nullstr = '')
            """,
            {"path": str(day.logs / "truth-responses.csv.gz")},
        )
        con.execute(
            """
            create view memory.main.found as
            select
                *,
                list_contains(seen_in, 'app') as app,
                list_contains(seen_in, 'edge') as edge,
                list_contains(seen_in, 'otlp') as otlp
            from responses
            """
        )
        yield con


def differing(con: Any, wanted: str, found: str) -> dict[str, list[Any]]:
    """Rows that only one of two queries gives, as a multiset."""
    return {
        "missing": con.execute(f"({wanted}) except all ({found}) limit 5").fetchall(),
        "not true": con.execute(f"({found}) except all ({wanted}) limit 5").fetchall(),
    }


NOTHING: dict[str, list[Any]] = {"missing": [], "not true": []}


def sources_by_name(day: Any) -> dict[str, dict[str, Any]]:
    rows = day.store.rows("select * from sources where status = 'loaded'")
    return {str(Path(row["path"]).relative_to(day.logs)): row for row in rows}


def test_the_whole_day_is_loaded(day: Any) -> None:
    truth = {file["path"] for file in day.truth["files"]}
    assert sources_by_name(day).keys() == truth
    assert day.summary.exit_code == 0
    assert day.summary.count("loaded") == len(truth)
    assert day.summary.count("ignored") == 2  # the truth itself is no log
    assert day.store.column("select count(*) from sources where status = 'ignored'") == [2]


def test_every_file_is_accounted_for(day: Any) -> None:
    sources = sources_by_name(day)
    for file in day.truth["files"]:
        found = sources[file["path"]]
        for count in ("lines", "rejected", "blank"):
            assert found[count] == file[count], (file["path"], count)
        # Of a line in two files either may get the credit.
        assert found["events"] + found["duplicates"] == file["events"] + file["duplicates"]
    assert day.store.unbalanced() == []


def test_duplicates_are_counted_exactly(day: Any) -> None:
    wanted = {log: parts["duplicates"] for log, parts in day.truth["logs"].items()}
    found: Counter[str] = Counter({log: 0 for log in wanted})
    for name, row in sources_by_name(day).items():
        found[{"app": "app", "nginx": "edge", "otlp": "otlp"}[name.split("/")[0]]] += row[
            "duplicates"
        ]
    assert found == wanted
    assert day.summary.duplicates == sum(wanted.values())


def test_a_damaged_day_has_every_kind_of_damage(corrupt_day: Any) -> None:
    """Else the tests above would prove less than they seem to."""
    totals = corrupt_day.truth["logs"]
    assert all(
        totals[log][count] for log in totals for count in ("rejected", "blank", "duplicates")
    )
    reasons = {
        reason for file in corrupt_day.truth["files"] for _, _, reason in file["rejected_lines"]
    }
    wanted = "json encoding glued nul not_object time event number syntax shape"
    assert reasons == set(wanted.split())


def test_every_rejected_line_has_its_place_and_reason(day: Any) -> None:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for path, *place in day.store.sql(
        "select path, line_number, byte_offset, reason from rejected_lines order by all"
    ):
        found.setdefault(str(Path(path).relative_to(day.logs)), []).append(tuple(place))
    wanted = {
        file["path"]: sorted(tuple(line) for line in file["rejected_lines"])
        for file in day.truth["files"]
        if file["rejected_lines"]
    }
    assert found == wanted


def test_errors_by_hour_code_retryable_and_surface(day: Any) -> None:
    found = Counter(
        {
            (f"{hour:%Y-%m-%dT%H}", code, retryable, surface): errors
            for hour, code, retryable, surface, errors in day.store.sql(
                "select hour, error_code, retryable, surface, sum(errors)::bigint"
                " from error_groups group by all"
            )
        }
    )
    wanted = Counter(
        {
            (e["hour"], e["error_code"], e["retryable"], e["surface"]): e["n"]
            for e in day.truth["errors"]
        }
    )
    assert found == wanted
    assert sum(wanted.values()) > 1000


def test_views_of_errors_agree_with_each_other(day: Any) -> None:
    errors = sum(group["n"] for group in day.truth["errors"])
    for view in ("errors_by_code", "errors_by_retryability", "errors_by_surface", "error_groups"):
        assert day.store.column(f"select sum(errors)::bigint from {view}") == [errors], view
    assert day.store.column("select count(*) from responses where is_error") == [errors]


def test_responses_by_hour_and_surface(day: Any) -> None:
    found = {
        (f"{hour:%Y-%m-%dT%H}", surface): responses
        for hour, surface, responses in day.store.sql(
            "select date_trunc('hour', occurred_at), surface, count(*) from responses"
            " where is_error is not null group by all"
        )
    }
    wanted = {(e["hour"], e["surface"]): e["n"] for e in day.truth["responses_by_hour_surface"]}
    assert found == wanted


def test_there_is_one_response_for_each_that_a_log_still_shows(con: Any) -> None:
    wanted = "select trace_id, app, edge, otlp from truth where app or edge or otlp"
    found = "select trace_id, app, edge, otlp from found"
    assert differing(con, wanted, found) == NOTHING
    assert con.execute("select count(*) - count(distinct response_id) from found").fetchone() == (
        0,
    )


ALL_KNOW = "trace_id, surface, http_method, http_status, app, edge, otlp"
BODY = "tenant_id, http_route, is_error, error_code, retryable, retry_after_s"
# A path that holds what could be a phone number is changed; see the test of its shape.
PATH = "case when not regexp_matches(url_path, '[0-9]{7}|\\[') then url_path end as url_path"
RECEIVED = """
    case when app_received then received_at
        else {} - to_milliseconds(duration_ms) end as received_at
"""


def test_responses_in_the_application_log_are_exact(con: Any) -> None:
    """All fields, to the microsecond; without the request's own line received_at is derived."""
    columns = (
        f"{ALL_KNOW}, {BODY}, {PATH}, retry_after_header_s, envelope, duration_ms, occurred_at"
    )
    wanted = f"select {columns}, {RECEIVED.format('occurred_at')} from truth where app"
    found = f"select {columns}, received_at from found where app"
    assert differing(con, wanted, found) == NOTHING


def test_responses_that_otlp_saved_are_exact(con: Any) -> None:
    """The application log lost them; the record holds everything but shape, header and duration."""
    columns = f"{ALL_KNOW}, {BODY}, {PATH}, occurred_at"
    wanted = f"select {columns} from truth where otlp and not app"
    found = f"select {columns} from found where otlp and not app"
    assert differing(con, wanted, found) == NOTHING
    assert con.execute(f"select count(*) > 0 from ({wanted})").fetchone() == (True,)


def test_a_number_in_a_path_leaves_the_path_its_shape(con: Any) -> None:
    """Chat ids are hexadecimal, and some have nothing but digits."""
    shape = "regexp_matches(url_path, '^/api/v1/chats/[^/]+/messages')"
    query = "select url_path from found where http_route = '/api/v1/chats/{chat_id}/messages'"
    assert con.execute(
        f"select count(*) from ({query}) where contains(url_path, '[')"
    ).fetchone() != (0,)
    assert con.execute(f"{query} and not {shape} limit 3").fetchall() == []


def test_responses_that_only_the_edge_saw_are_unclassified(con: Any) -> None:
    """nginx writes whole seconds, and nothing of the body."""
    columns, alone = f"{ALL_KNOW}, retry_after_header_s", "edge and not app and not otlp"
    wanted = f"select {columns}, date_trunc('second', occurred_at) from truth where {alone}"
    found = f"select {columns}, occurred_at from found where {alone}"
    assert differing(con, wanted, found) == NOTHING
    classified = "select count(*) from found where is_error is not null and not app and not otlp"
    assert con.execute(classified).fetchone() == (0,)


def test_duplicate_trace_ids_stay_two_responses(con: Any, day: Any) -> None:
    wanted = set(day.truth["violations"]["duplicate_trace_id"])
    found = con.execute(
        "select trace_id, count(*) from published.store.response"
        " where is_duplicate_trace group by 1"
    ).fetchall()
    assert dict(found) == dict.fromkeys(wanted, 2)


def test_colliding_trace_ids_stay_apart(con: Any, day: Any) -> None:
    wanted = Counter(day.truth["collisions"])
    found = con.execute(
        "select trace_id, count(*) from responses where list_contains($ids, trace_id) group by 1",
        {"ids": list(wanted)},
    ).fetchall()
    assert wanted and dict(found) == dict.fromkeys(wanted, 2)


def test_what_nginx_answered_itself_is_counted(day: Any) -> None:
    found = {
        (f"{hour:%Y-%m-%dT%H}", status): responses
        for hour, status, responses in day.store.sql(
            "select date_trunc('hour', minute), http_status, sum(responses)::bigint"
            " from edge_only_responses group by all"
        )
    }
    wanted = {(e["hour"], e["http_status"]): e["n"] for e in day.truth["edge_only"]}
    assert found == wanted


def test_unanswered_requests(con: Any, day: Any) -> None:
    """Planned ones, and responses of which damage left nothing but the request. An internal line
    that was left alone makes one too; the truth has no flag for it, so that it may be there."""
    lost = "select trace_id from truth group by 1 having not bool_or(app or edge or otlp)"
    planned = set(day.truth["unanswered"])
    sure = {row[0] for row in con.execute(f"{lost} and bool_or(app_received)").fetchall()}
    possible = {row[0] for row in con.execute(lost).fetchall()}
    found = {row[0] for row in con.execute("select trace_id from unanswered_requests").fetchall()}
    assert sure <= found <= planned | possible
    # Two lines of a planned one are never both damaged.
    assert len(planned - found) <= (1 if day.truth["damage"] else 0)
    assert len(planned & found) > 5


def test_the_application_log_alone_tells_the_same(day: Any, tmp_path: Path) -> None:
    """Three sources give the app log's responses, and beyond them only what others saw alone."""
    alone = type(day.store)(tmp_path / "alone")
    alone.ingest(day.logs / "app")
    columns = (
        "trace_id, occurred_at, received_at, tenant_id, surface, http_method, http_route, url_path,"
        " http_status, is_error, error_code, retryable, error_message, retry_after_s,"
        " retry_after_header_s, attachment_index, allowed_effects, reason, envelope,"
        " is_logical_failure, duration_ms, idempotency_key, body_hash, recipient, response_id"
    )
    with duckdb.connect() as con:
        con.execute(f"attach '{day.store.generation}' as three (read_only)")
        con.execute(f"attach '{alone.generation}' as one (read_only)")
        found = differing(
            con,
            f"select {columns} from one.main.responses",
            f"select {columns} from three.main.responses where list_contains(seen_in, 'app')",
        )
        beyond = con.execute(
            "select count(*) from three.main.responses where not list_contains(seen_in, 'app')"
        ).fetchone()
    assert found == NOTHING
    assert beyond is not None and beyond[0] > 0
