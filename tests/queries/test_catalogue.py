"""The error catalogue is the API reference's, row by row, and its contradictions are decided."""

import duckdb
import pytest

from chertlog.queries.apply import load_seeds
from chertlog.queries.errors import ChertlogError
from chertlog.queries.seed_files import read_seed

# The test's own copy of the reference: code, HTTP statuses, retryable by default, class.
REFERENCE = """
1001 400 no client
1002 400 no client
1003 400 no client
1004 400 no client
1005 400 no client
1006 400 no client
1007 429 yes capacity
1008 400 no client
1009 400 no client
1010 400 no client
1011 409 no client
1012 409 no client
1013 409 no client
2001 404 no auth
2002 404 no auth
2003 404 no auth
2004 401 no auth
2005 403 no auth
2006 400 no auth
2007 403 no auth
2008 402 no auth
2010 403 no auth
2011 404 no auth
2012 401 no auth
2013 401 no auth
2014 400 no auth
3001 500 yes platform
3002 503 yes platform
3003 500,503 no platform
3004 502 yes platform
4001 502 yes delivery
4002 503 yes capacity
4098 400 no client
4099 422,501 no client
5001 404 no client
5002 400 no client
5003 400 no client
5004 400 no client
"""
NAMES_OF_THE_REFERENCE = {
    2004: "AUTH_INVALID",
    2012: "AUTH_MISSING",
    2013: "AUTH_TIMESTAMP_SKEW",
    3003: "PROVIDER_NOT_CONFIGURED",
    4098: "UNKNOWN_EFFECT",
    4099: "NOT_SUPPORTED",
}


def catalogue(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, object]]:
    result = con.execute("select * from error_codes")
    names = [column[0] for column in result.description or ()]
    return {row[0]: dict(zip(names, row, strict=True)) for row in result.fetchall()}


def test_the_catalogue_is_the_reference_row_by_row(empty: duckdb.DuckDBPyConnection) -> None:
    expected = {}
    for line in REFERENCE.strip().splitlines():
        code, statuses, retryable, error_class = line.split()
        http = [int(status) for status in statuses.split(",")]
        expected[int(code)] = (http, retryable == "yes", error_class)
    found = {
        code: (row["http_statuses"], row["retryable"], row["error_class"])
        for code, row in catalogue(empty).items()
    }
    assert found == expected
    assert len(found) == 38


def test_only_the_names_the_reference_gives_are_said_to_be_its_own(
    empty: duckdb.DuckDBPyConnection,
) -> None:
    rows = catalogue(empty)
    given = {c: r["error_type"] for c, r in rows.items() if r["name_source"] == "reference"}
    assert given == NAMES_OF_THE_REFERENCE
    assert {r["name_source"] for c, r in rows.items() if c not in given} == {"chertlog"}
    assert len({row["error_type"] for row in rows.values()}) == 38


@pytest.mark.parametrize(
    ("contradiction", "code", "column", "decided"),
    [
        (
            "4xxx is 'retryable except 4099', but the table says no for 4098",
            4098,
            "retryable",
            False,
        ),
        ("'most 4xxx are retryable': two of four are", 4099, "retryable", False),
        ("3003 'overrides the default', but its own default is no", 3003, "retryable", False),
        ("3xxx is retryable, and 3003 is 3xxx", 3003, "http_statuses", [500, 503]),
        ("1xxx is not retryable, and 1007 is 1xxx", 1007, "retryable", True),
        ("1xxx is '400/409', and 1007 is 429", 1007, "http_statuses", [429]),
        ("2xxx is '401/402/403/404', but 2006 is 400", 2006, "http_statuses", [400]),
        ("2xxx is '401/402/403/404', but 2014 is 400", 2014, "http_statuses", [400]),
        ("'wait … before retrying' and not retryable: the flag holds", 1012, "retryable", False),
        ("'contact … before retrying' and not retryable", 2008, "retryable", False),
        ("'connect …, then retry' and not retryable", 2010, "retryable", False),
        ("three auth codes are listed, and 2014 is one too", 2014, "error_class", "auth"),
        ("4001 'was dispatched', yet may be retried", 4001, "retryable", True),
        (
            "3002 'after a short delay' and '1s, 2s, 4s': the guidance is the more exact",
            3002,
            "retry_strategy",
            "Exponential backoff: 1s, 2s, 4s.",
        ),
        (
            "4002 'top of the next hour' and 'after a short delay': the table wins",
            4002,
            "retry_strategy",
            "Retry later; healthy lines free up at the top of the next hour.",
        ),
        (
            "3003 has a name and another meaning: both are shown",
            3003,
            "meaning",
            "Delivery service not configured",
        ),
    ],
)
def test_contradictions_of_the_reference_are_decided(
    empty: duckdb.DuckDBPyConnection, contradiction: str, code: int, column: str, decided: object
) -> None:
    assert catalogue(empty)[code][column] == decided, contradiction


def test_codes_the_reference_leaves_out_are_not_invented(empty: duckdb.DuckDBPyConnection) -> None:
    assert not {2009, 1014, 4003, 5005} & catalogue(empty).keys()


def test_the_text_is_the_references_own_and_whole(empty: duckdb.DuckDBPyConnection) -> None:
    rows = catalogue(empty)
    assert rows[1011]["meaning"] == (
        "Resource kind mismatch — wrong resource type for the operation, or an attachment ref "
        "mixes url and attachment_id, or is missing attachment_id"
    )
    assert rows[4099]["action"] == (
        "Returned when a route, line, or request shape does not support the requested feature, "
        "including group-chat endpoints missing chat key / pinned line and /messages/{id}/edit "
        "past the 15-min window or on lines without edit support. Status varies by route. Not "
        "retryable."
    )
    assert rows[1007]["action"] == "Back off and retry; respect retry_after / Retry-After."


def test_the_four_surfaces(empty: duckdb.DuckDBPyConnection) -> None:
    found = empty.execute(
        "select surface, path_prefix, envelopes, fails_over_200 from api_surfaces order by surface"
    ).fetchall()
    assert found == [
        ("hubspot", "/api/hubspot/", ["hubspot_webhook", "hubspot_workflow"], True),
        ("salesforce", "/api/salesforce/", ["ok_flag"], False),
        ("slack", "/api/slack/", ["standard"], False),
        ("v1", "/api/v1/", ["standard", "send_flat"], False),
    ]


def test_parameters_can_be_overridden_by_name_and_loading_again_repairs(
    con: duckdb.DuckDBPyConnection,
) -> None:
    query = "select value, default_value from parameters where parameter = 'gap_limit_s'"
    load_seeds(con, {"gap_limit_s": 90})
    assert con.execute(query).fetchall() == [(90, 60)]
    con.execute("delete from store.error_code where error_code < 3000")
    load_seeds(con)
    assert con.execute(query).fetchall() == [(60, 60)]
    assert len(catalogue(con)) == 38


def test_an_unknown_parameter_is_refused_and_nothing_changes(
    con: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(ChertlogError, match="no parameter gap_limit_ms"):
        load_seeds(con, {"gap_limit_ms": 90})
    assert len(catalogue(con)) == 38


def test_the_parameters_the_rules_name_have_their_values() -> None:
    values = {row["parameter"]: float(row["default_value"]) for row in read_seed("parameters")}
    rules = {
        "early_tolerance_s": 1,
        "gap_limit_s": 60,
        "gap_limit_1007_factor": 2,
        "gap_limit_1007_extra_s": 60,
        "gap_limit_4002_extra_s": 900,
        "idempotency_window_h": 24,
        "tail_grace_s": 600,
        "wilson_z": 1.96,
        "excusable_after_s": 60,
    }
    assert {name: values[name] for name in rules} == rules
    assert len(values) == len(read_seed("parameters"))
