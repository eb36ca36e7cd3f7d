"""Wrapped and foreign files through a whole run: grown, repeated, in one batch with Chert's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.ingest.run import Summary, ingest
from chertlog.ingest.settings import Settings

APP = [
    json.dumps(
        {
            "ts": f"2026-11-21T10:00:0{n}.000000Z",
            "event": "response.sent",
            "trace_id": f"5f0000000c0{n}",
            "http.path": "/api/v1/send",
            "http.status": 200,
        }
    )
    for n in range(4)
]


def docker(text: str) -> str:
    return json.dumps({"log": text, "stream": "stdout", "time": "2026-11-21T10:00:00Z"}) + "\n"


class Loaded:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(folder / "data")

    def ingest(self, *paths: Path) -> Summary:
        return ingest([str(path) for path in paths], self.settings, final=True)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        path = (self.settings.data_dir / "chertlog.duckdb").resolve()
        with duckdb.connect(str(path), read_only=True) as con:
            return con.execute(query).fetchall()


COUNTS = (
    "select format, status, lines, events, rejected, blank, duplicates from sources "
    "order by regexp_extract(source_id, '[0-9]+')::int"
)


@pytest.mark.slow
def test_wrapped_files_are_loaded_exactly_once(tmp_path: Path) -> None:
    loaded = Loaded(tmp_path)
    plain, wrapped, table = tmp_path / "a.ndjson", tmp_path / "b.log", tmp_path / "c.csv"
    plain.write_text("".join(f"{line}\n" for line in APP[:2]))
    # The first line repeats one of the plain file, the second is cut in two.
    wrapped.write_text(docker(APP[0] + "\n") + docker(APP[2][:50]) + docker(APP[2][50:] + "\n"))
    table.write_text("time,level\n2026-11-21T10:00:00Z,warn\n")
    assert loaded.ingest(plain, wrapped, table).exit_code == 0
    assert sorted(loaded.rows(COUNTS)) == [
        ("app", "loaded", 2, 2, 0, 0, 0),
        ("csv", "loaded", 2, 1, 0, 1, 0),
        ("docker > app", "loaded", 2, 1, 0, 0, 1),
    ]
    assert loaded.rows("select count(*) from responses") == [(3,)]
    with wrapped.open("a") as file:
        file.write(docker(APP[3] + "\n") + "no docker\n")
    with table.open("a") as file:
        file.write("2026-11-21T10:00:01Z,info\nstray\n")
    assert loaded.ingest(plain, wrapped, table).exit_code == 0
    assert [row for row in sorted(loaded.rows(COUNTS)) if row[1] == "grown"] == [
        ("csv", "grown", 4, 1, 1, 0, 2),
        ("docker > app", "grown", 4, 1, 1, 0, 2),
    ]
    assert loaded.rows(
        "select reason, line_number, byte_offset from rejected_lines order by 1"
    ) == [
        ("syntax", 4, len("time,level\n") + 2 * len("2026-11-21T10:00:00Z,warn\n")),
        ("wrapper", 5, wrapped.stat().st_size - len("no docker\n")),
    ]
    assert loaded.rows("select count(*) from responses") == [(4,)]
    before = loaded.rows("from events order by all")
    assert loaded.ingest(plain, wrapped, table).exit_code == 0
    assert loaded.rows("from events order by all") == before


@pytest.mark.slow
def test_any_id_leads_to_its_events(tmp_path: Path, samples: Path) -> None:
    loaded = Loaded(tmp_path)
    names = ("nginx-json.log", "alb.log", "otlp-traces.jsonl", "pino.ndjson")
    loaded.ingest(*(samples / "formats" / name for name in names))
    wanted = {
        "5f0000000a01": 1,  # Chert's
        "C99400A4DB42E32187A3CBDA00920E41".lower(): 1,  # nginx's
        "1-58337262-36d228ad5d99923122bbe354": 1,  # X-Ray's
        "5B8EFFF798038103D269B633813FC60C": 2,  # W3C's, of two spans
        "4bf92f3577b34da6a3ce929d0e0e4736": 1,
        "c6af9ac6-7b61-11e6-9a41-93e8deadbee2": 1,  # a logger's
        "nonesuch": 0,
    }
    found = {one: loaded.rows(f"select count(*) from trace('{one}')")[0][0] for one in wanted}
    assert found == wanted
