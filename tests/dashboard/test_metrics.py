"""Metrics and /healthz, read by Prometheus' own parser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from streamlit.testing.v1 import AppTest

import chertlog.dashboard
from chertlog.dashboard import metrics
from chertlog.dashboard import server as serving

from .conftest import Published, Server

APP = Path(next(iter(chertlog.dashboard.__path__))) / "app.py"


def ask(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(text: str) -> dict[tuple[str, str], float]:
    """By name and label value; no metric has more than one label of ours."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        for sample in family.samples:
            labels = {k: v for k, v in sample.labels.items() if k != "le"}
            assert labels.keys() <= {"page", "query"}, sample
            if "le" not in sample.labels:
                found[sample.name, "".join(labels.values())] = sample.value
    return found


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Metrics of this process."""
    monkeypatch.setattr(metrics, "_server", None)
    here = metrics.serve(0)
    yield here.server_address[1]
    here.shutdown()
    here.server_close()


@pytest.mark.parametrize("limit_h", [1, 1_000_000])
def test_healthz_says_whether_there_is_something_good_to_read(
    changing: Published, port: int, monkeypatch: pytest.MonkeyPatch, limit_h: int
) -> None:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(changing.data_dir))
    changing.publish(
        "update store.parameter set value = ? where parameter = 'stale_after_h'", limit_h
    )
    newest = changing.rows("select newest_event_at as at from freshness")[0]["at"]
    status, text = ask(port, "/healthz")
    said = json.loads(text)
    assert said["generation"] == int((changing.data_dir / "chertlog.duckdb").resolve().stem)
    assert said["newest_data_at"] == f"{newest:%Y-%m-%dT%H:%M:%SZ}"
    age = (datetime.now(UTC).replace(tzinfo=None) - newest).total_seconds()
    assert said["data_age_s"] == pytest.approx(age, abs=30)
    if limit_h == 1:
        assert status == 503 and said["status"] == "unavailable"
        assert said["reason"].endswith("h old, the limit is 1 h")
        # Gone altogether: no database, and every figure of it is unknown rather than old.
        (changing.data_dir / "chertlog.duckdb").unlink()
        status, text = ask(port, "/healthz")
        assert (status, json.loads(text)["reason"]) == (503, "no database yet")
        told = samples(ask(port, "/metrics")[1])
        assert told["chertlog_database_readable", ""] == 0
        assert told["chertlog_generation", ""] != told["chertlog_generation", ""], "NaN"
        (changing.data_dir / "chertlog.duckdb").write_bytes(b"no database" * 1000)
        assert ask(port, "/healthz")[0] == 503
    else:
        assert (status, said["status"]) == (200, "ok") and "reason" not in said


def test_metrics_count_pages_and_queries_and_name_no_one(
    day: Published, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(day.data_dir))
    before = samples(ask(port, "/metrics")[1])
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not app.exception
    status, text = ask(port, "/metrics")
    after = samples(text)
    assert status == 200

    def gained(name: str, label: str = "") -> float:
        return after.get((name, label), 0.0) - before.get((name, label), 0.0)

    assert gained("chertlog_page_seconds_count", "overview") == 1
    assert 0 < gained("chertlog_page_seconds_sum", "overview") < 60
    asked = {label for name, label in after if name == "chertlog_query_seconds_count"}
    files = {path.stem for path in (APP.parent / "sql").rglob("*.sql")}
    assert asked and asked <= files, "queries are named after files of ours"
    assert after["chertlog_query_seconds_sum", next(iter(asked))] > 0
    assert after["chertlog_database_readable", ""] == 1
    link = day.data_dir / "chertlog.duckdb"
    assert after["chertlog_generation", ""] == int(link.resolve().stem)
    assert after["chertlog_published_timestamp_seconds", ""] == pytest.approx(link.stat().st_mtime)
    newest = day.rows("select epoch(newest_event_at) as at from freshness")[0]["at"]
    assert after["chertlog_newest_data_timestamp_seconds", ""] == pytest.approx(newest)
    resident = after["process_resident_memory_bytes", ""]
    assert 10e6 < resident < 10e9
    for (tenant,) in (
        (row["tenant_id"],) for row in day.rows("select distinct tenant_id from responses")
    ):
        assert not tenant or tenant not in text


def test_failures_are_counted(port: int) -> None:
    from chertlog.queries.errors import BadQuery

    before = samples(ask(port, "/metrics")[1])
    metrics.page_failed()
    with pytest.raises(BadQuery), metrics.query("totals"):
        raise BadQuery("wrong")
    after = samples(ask(port, "/metrics")[1])
    for name in ("chertlog_page_errors_total", "chertlog_query_errors_total"):
        assert after[name, ""] == before[name, ""] + 1


def test_the_server_answers_on_a_port_of_its_own(server: Server) -> None:
    status, text = ask(server.metrics_port, "/metrics")
    assert status == 200 and samples(text)["chertlog_sessions", ""] >= 0
    assert ask(server.metrics_port, "/healthz")[0] in (200, 503)
    assert ask(server.metrics_port, "/")[0] == 404
    assert ask(server.metrics_port, "/metrics", host="evil.example")[0] == 400
    assert server.get("/metrics")[1].get("content-type", "").startswith("text/html"), "Streamlit's"


def test_it_is_off_unless_a_port_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(serving.METRICS_VARIABLE, raising=False)
    assert serving.environment(tmp_path)[serving.METRICS_VARIABLE] == ""
    monkeypatch.setattr(metrics, "_server", None)
    metrics.serve_if_wanted()
    assert metrics._server is None
    assert serving.environment(tmp_path, None, 9101)[serving.METRICS_VARIABLE] == "9101"
    taken = metrics.serve(0)
    number = taken.server_address[1]
    free = str(taken.server_address[1])
    assert serving.main(["--port", "0", "--metrics-port", free]) == 3
    assert f"Choose another port: --metrics-port {number + 1}" in capsys.readouterr().err
    taken.shutdown()
    taken.server_close()
