"""Tests and intervals against published values and values worked out by hand."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import duckdb
import pytest

Row = Callable[..., None]
DAY = "2026-11-21 "


def value(con: duckdb.DuckDBPyConnection, expression: str) -> Any:
    [(found,)] = con.execute(f"select {expression}").fetchall()
    return found


@pytest.mark.parametrize("z", [0, 0.5, 1, -1, 1.959963985, 2.575829304, 3.290526731, 6, 20])
def test_normal_p_is_the_complementary_error_function(
    empty: duckdb.DuckDBPyConnection, z: float
) -> None:
    wanted = math.erfc(abs(z) / math.sqrt(2))
    assert value(empty, f"normal_p({z})") == pytest.approx(wanted, rel=2e-7)


def test_binomial_p_by_hand(empty: duckdb.DuckDBPyConnection) -> None:
    # 5 of 5 at one half: the two ends, 2/32. 2 of 4 at one half: everything is as unlikely or more.
    assert value(empty, "binomial_p(5, 5, 0.5)") == pytest.approx(2 / 32)
    assert value(empty, "binomial_p(2, 4, 0.5)") == pytest.approx(1)
    # 0 of 4 at one quarter: 81/256 and all that is no likelier, 54 + 12 + 1.
    assert value(empty, "binomial_p(0, 4, 0.25)") == pytest.approx(148 / 256)


def test_binomial_p_is_that_of_the_manual_of_r(empty: duckdb.DuckDBPyConnection) -> None:
    """R, help of binom.test: 682 of 925 plants, 3 to 1 expected, p = 0.3825 (Conover 1971)."""
    assert value(empty, "binomial_p(682, 925, 0.75)") == pytest.approx(0.3825, abs=5e-5)
    # R, help of poisson.test: 11 in 800 against 21 in 3011, p = 0.07967.
    assert value(empty, "binomial_p(11, 32, 800 / 3811)") == pytest.approx(0.07967, abs=5e-6)


@pytest.mark.parametrize(
    ("k", "n", "a", "b"), [(3, 40, 1, 4), (30, 60, 1, 3), (999, 1000, 99, 100)]
)
def test_binomial_p_is_exact(
    empty: duckdb.DuckDBPyConnection, k: int, n: int, a: int, b: int
) -> None:
    """Against sums of whole fractions."""
    chance = Fraction(a, b)
    odds = [math.comb(n, i) * chance**i * (1 - chance) ** (n - i) for i in range(n + 1)]
    wanted = float(sum(odd for odd in odds if odd <= odds[k]))
    assert value(empty, f"binomial_p({k}, {n}, {a} / {b})") == pytest.approx(wanted, rel=1e-9)


@pytest.fixture
def two_days(con: duckdb.DuckDBPyConnection, operation: Row) -> duckdb.DuckDBPyConnection:
    """Operations with an error, by first code: 3001: 2 then 10; 3002: 5 then 5; 4002: 0 then 6;
    1001: 9 then 0. And 24 without one on the first day, 19 on the second."""
    number = 0
    for code, before, after in ((3001, 2, 10), (3002, 5, 5), (4002, 0, 6), (1001, 9, 0)):
        for day, count in (("20", before), ("21", after)):
            for _ in range(count):
                number += 1
                operation(
                    number, f"2026-11-{day} 12:00", first_error_code=code, tenant_id=f"t{code}"
                )
    for day, count in (("20", 24), ("21", 19)):
        for _ in range(count):
            number += 1
            operation(number, f"2026-11-{day} 13:00", tenant_id="t3001")
    # Outside of both periods.
    operation(number + 1, "2026-11-22 00:00", first_error_code=3001)
    return con


def movers(con: duckdb.DuckDBPyConnection, more: str = "") -> dict[Any, dict[str, Any]]:
    query = f"from movers('2026-11-20', '2026-11-21', '2026-11-21', '2026-11-22'{more})"
    result = con.execute(query)
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {row["group_value"]: row for row in rows}


def test_movers(two_days: duckdb.DuckDBPyConnection) -> None:
    found = movers(two_days)
    assert list(found) == ["1001", "4002", "3001", "3002"]
    p = {code: row["p_value"] for code, row in found.items()}
    # At even odds: 2/2^9, 2/2^6, 2 (1 + 12 + 66) / 2^12, and all.
    assert p == pytest.approx({"1001": 2 / 512, "4002": 2 / 64, "3001": 158 / 4096, "3002": 1})
    # Benjamini-Hochberg by hand: p times 4, 2, 4/3 and 1; 4002 may not be above 3001.
    q = {code: row["q_value"] for code, row in found.items()}
    third = 158 / 4096 * 4 / 3
    assert q == pytest.approx({"1001": 8 / 512, "4002": third, "3001": third, "3002": 1})
    verdicts = {code: row["verdict"] for code, row in found.items()}
    assert verdicts == {
        "1001": "down",
        "4002": "no change shown",
        "3001": "no change shown",
        "3002": "no change shown",
    }
    assert {row["basis"] for row in found.values()} == {"exact test, errors per hour"}


def test_rate_ratios_and_their_intervals(two_days: duckdb.DuckDBPyConnection) -> None:
    found = movers(two_days)
    up = found["3001"]
    assert (up["before_errors"], up["before_exposure"]) == (2, 24)
    assert (up["after_errors"], up["after_exposure"]) == (10, 24)
    assert up["rate_ratio"] == pytest.approx(5)
    # Wilson 95 % of 10 in 12: 0.55196 and 0.95304; as odds 1.23194 and 20.296.
    assert up["rate_ratio_low"] == pytest.approx(1.23194, rel=1e-4)
    assert up["rate_ratio_high"] == pytest.approx(20.296, rel=1e-3)
    new, gone = found["4002"], found["1001"]
    assert (new["rate_ratio"], new["rate_ratio_high"]) == (None, None)
    assert new["rate_ratio_low"] > 1
    assert (gone["rate_ratio"], gone["rate_ratio_low"]) == (0, 0)
    assert gone["rate_ratio_high"] < 1


def test_periods_of_different_length(two_days: duckdb.DuckDBPyConnection) -> None:
    """10 in one hour after 2 in 24: the rate is 120 times as high."""
    result = two_days.execute(
        "select rate_ratio from movers("
        "'2026-11-20', '2026-11-21', '2026-11-21 12:00', '2026-11-21 13:00')"
        " where group_value = '3001'"
    ).fetchall()
    assert result == [(pytest.approx(120),)]


def test_exposure_may_be_operations(two_days: duckdb.DuckDBPyConnection) -> None:
    """40 operations on either day; of tenant t3001 26 and 29."""
    by_code = movers(two_days, ", exposure := 'operations'")["3001"]
    assert (by_code["before_exposure"], by_code["after_exposure"]) == (40, 40)
    assert by_code["basis"] == "exact test, errors per operation"
    by_tenant = movers(two_days, ", dimension := 'tenant_id', exposure := 'operations'")["t3001"]
    assert (by_tenant["before_errors"], by_tenant["before_exposure"]) == (2, 26)
    assert (by_tenant["after_errors"], by_tenant["after_exposure"]) == (10, 29)
    assert by_tenant["rate_ratio"] == pytest.approx(10 / 29 / (2 / 26))


def test_many_errors_are_tested_by_the_normal_approximation(
    two_days: duckdb.DuckDBPyConnection,
) -> None:
    two_days.execute("update store.parameter set value = 5 where parameter = 'movers_exact_max'")
    found = movers(two_days)["3001"]
    # (10 - 6) / sqrt(12 / 4) = 2.3094
    assert found["p_value"] == pytest.approx(math.erfc(4 / math.sqrt(3) / math.sqrt(2)), rel=1e-6)
    assert found["basis"] == "normal approximation, errors per hour"


@pytest.mark.parametrize("wrong", [", dimension := 'colour'", ", exposure := 'moons'"])
def test_a_wrong_argument_is_named(two_days: duckdb.DuckDBPyConnection, wrong: str) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="movers: "):
        movers(two_days, wrong)


@pytest.fixture
def burning(con: duckdb.DuckDBPyConnection, operation: Row) -> duckdb.DuckDBPyConnection:
    """100 operations in the last hour, 20 of them in the last five minutes; 10 failed by our fault,
    5 of these lately; the client's own failures, open ones and older ones come on top."""
    failed = {"succeeded": False, "last_retryable": True}
    for number in range(80):
        ours = {**failed, "last_error_code": 3001} if number < 5 else {}
        operation(number, DAY + "11:30", **ours)
    for number in range(80, 100):
        ours = {**failed, "last_error_code": 4002} if number < 85 else {}
        if number == 90:
            ours = {"succeeded": False, "last_retryable": False, "last_error_code": 1001}
        operation(number, DAY + "11:57", **ours)
    operation(100, DAY + "11:58", closes_at=DAY + "13:00", last_error_code=4002, **failed)
    operation(101, DAY + "11:58", closes_at=DAY + "11:58", succeeded=None)
    for number in range(200, 300):
        operation(number, DAY + "07:00")
    operation(400, DAY + "12:01", last_error_code=3001, **failed)
    con.execute("insert into store.meta values ('newest_at', '2026-11-21 12:00:00')")
    return con


def test_burn_rates(burning: duckdb.DuckDBPyConnection) -> None:
    """10 of 100 fail where 0.5 % may: burn rate 20; of the last five minutes 5 of 20: 50."""
    rows = burning.execute(
        "select rule, window_h, short_window_min, operations, failed_operations, our_failures,"
        " open_operations, short_operations, short_our_failures, fires from burn_rates"
    ).fetchall()
    assert rows == [
        ("fast", 1, 5, 100, 11, 10, 1, 20, 5, True),
        ("medium", 6, 30, 200, 11, 10, 1, 20, 5, True),
        ("slow", 72, 360, 200, 11, 10, 1, 200, 10, True),
    ]
    rates = burning.execute("select burn_rate, short_burn_rate, budget_share from burn_rates")
    assert [pytest.approx(row) for row in rates.fetchall()] == [
        (20, 50, 20 / 720),
        (10, 50, 10 * 6 / 720),
        (10, 10, 10 * 72 / 720),
    ]


def test_a_burn_rate_needs_failures_and_both_windows(burning: duckdb.DuckDBPyConnection) -> None:
    fires = "select rule, fires, is_low_traffic from burn_rates"
    burning.execute("delete from store.operation where operation_id = 0")
    # 9 of 99 are a burn rate of 18, but too few failures to alert.
    assert burning.execute(fires).fetchall()[0] == ("fast", False, True)
    burning.execute("update store.parameter set value = 9 where parameter = 'burn_min_failures'")
    assert burning.execute(fires).fetchall()[0] == ("fast", True, False)
    # Nothing failed in the last five minutes: the trouble is over.
    burning.execute(
        "update store.operation set first_at = timestamp '2026-11-21 11:50'"
        " where operation_id between 80 and 84"
    )
    assert burning.execute(fires).fetchall() == [
        ("fast", False, False),
        ("medium", True, False),
        ("slow", True, False),
    ]


def test_burn_rates_of_nothing(empty: duckdb.DuckDBPyConnection) -> None:
    found = empty.execute("select operations, burn_rate, fires from burn_rates").fetchall()
    assert found == [(0, None, False)] * 3
