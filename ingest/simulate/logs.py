"""The three logs as sets of files: which line goes to which file, whole or damaged.

Owns rotation and naming. Lines arrive in time order, stretch by stretch; a stretch never spans
two hours.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from chertlog.ingest.simulate.app_lines import AppLine
from chertlog.ingest.simulate.clock import hour_name
from chertlog.ingest.simulate.damage import Damage
from chertlog.ingest.simulate.damage_kinds import APP_KINDS, EDGE_KINDS, OTLP_KINDS, Line
from chertlog.ingest.simulate.model import EDGE, OTLP, Exchange, Owner
from chertlog.ingest.simulate.otlp_lines import Batch
from chertlog.ingest.simulate.quota import HOUR_US
from chertlog.ingest.simulate.writers import Disk, LogFile

APP_PLAIN_FILES = 2
EDGE_PIECE_HOURS = 6
EDGE_PLAIN_FILES = 2

EdgeLine = tuple[int, str, Owner]


class Logs:
    """Opens, feeds and closes the files of all three logs."""

    def __init__(self, out: Path, disk: Disk, end: int, corrupt: float, seed: int) -> None:
        self._out = out
        self._disk = disk
        self._last_hour = (end - 1) // HOUR_US
        self.files: dict[str, list[LogFile]] = {"app": [], "edge": [], "otlp": []}
        self._open: dict[str, LogFile] = {}
        self.damage: dict[str, Damage] = {}
        if corrupt:
            for log, kinds in (("app", APP_KINDS), ("edge", EDGE_KINDS), ("otlp", OTLP_KINDS)):
                rng = Random(f"{seed} damage {log}")
                self.damage[log] = Damage(kinds, corrupt, rng, boms=log == "app")

    def app(self, moment: int, lines: list[AppLine]) -> None:
        ago = self._last_hour - moment // HOUR_US
        packed = ".gz" if ago >= APP_PLAIN_FILES else ""
        file = self._file("app", f"app/chert-api.{hour_name(moment)}.ndjson{packed}")
        if not self.damage:
            file.append_whole([line[1] for line in lines], len(lines))
            return
        meant = [
            Line(text.encode(), [owner] if owner else [], bit, traced)
            for _, text, owner, bit, traced in lines
        ]
        file.append_pieces(self.damage["app"].spoil(meant))

    def edge(self, moment: int, lines: list[EdgeLine]) -> None:
        ago = (self._last_hour - moment // HOUR_US) // EDGE_PIECE_HOURS
        name = f"nginx/access.log{f'.{ago}' if ago else ''}"
        file = self._file("edge", name + (".gz" if ago >= EDGE_PLAIN_FILES else ""))
        if not self.damage:
            file.append_whole([line[1] for line in lines], len(lines))
            return
        meant = [
            # A line without a trace id cannot be told from a copy of itself: never remembered.
            Line(text.encode(), [owner], EDGE, isinstance(owner, Exchange))
            for _, text, owner in lines
        ]
        file.append_pieces(self.damage["edge"].spoil(meant))

    def otlp(self, batches: list[Batch]) -> None:
        file = self._file("otlp", "otlp/logs.jsonl")
        if not self.damage:
            records = sum(len(batch.exchanges) for batch in batches)
            file.append_whole([batch.text for batch in batches], records)
            return
        meant = [
            Line(batch.text.encode(), batch.exchanges, OTLP, True, len(batch.exchanges))
            for batch in batches
        ]
        file.append_pieces(self.damage["otlp"].spoil(meant))

    def close(self) -> None:
        for file in self._open.values():
            file.close()

    def _file(self, log: str, name: str) -> LogFile:
        path = self._out / name
        current = self._open.get(log)
        if current is not None and current.path == path:
            return current
        if current is not None:
            current.close()
            if log in self.damage:
                self.damage[log].new_file()
        opened = self._open[log] = LogFile(path, self._disk)
        self.files[log].append(opened)
        return opened
