"""Writes the reference part of docs/formats.md from the code: python tests/formats/document.py.

A test holds the document to it. Lines come from sample_logs/formats/, one file a format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from chertlog.ingest.detection import detect
from chertlog.ingest.fieldmap import FieldMap
from chertlog.ingest.files import LogFile
from chertlog.ingest.formats import Format, formats
from chertlog.ingest.wrapper import wrappers

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "formats.md"
SAMPLES = ROOT / "sample_logs" / "formats"
MARK = "<!-- What follows is written by tests/formats/document.py. -->\n"
SHOWN = 300  # characters of a line


def samples() -> dict[Path, Format]:
    """Each sample file, and the format that it is found to be in."""
    known, found = formats(), {}
    for path in sorted(SAMPLES.iterdir()):
        file = LogFile(path)
        detected = detect(file.head(), known)
        file.close()
        assert detected is not None, path
        found[path] = detected.format
    return found


def reference() -> str:
    """The part of the document that comes from the code."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    found = samples()
    yield from ("## Wrappers", "")
    for wrapper in sorted(wrappers(), key=lambda one: one.name):
        sample = next(p for p, f in found.items() if wrapper in f.wrappers)
        yield from (f"### `{wrapper.name}`", "", wrapper.title, "")
        yield from ("```text", _first_line(sample), "```", "")
    yield from ("## Formats", "")
    # The first sample of a format, one without wrappers if there is any.
    ordered = sorted(reversed(found.items()), key=lambda one: -len(one[1].wrappers))
    by_name = {f.name.split(" > ")[-1]: path for path, f in ordered}
    for known in sorted(formats(), key=lambda one: one.name):
        yield from (f"### `{known.name}`", "", f"{known.title}.", "")
        yield from ("```text", _first_line(by_name[known.name]), "```", "")
        if known.map:
            yield from _fields(known.map)


def _fields(map_: FieldMap) -> Iterator[str]:
    if map_.fields:
        yield from ("| stands for | read from |", "| --- | --- |")
    for target, sources in map_.fields.items():
        names = [one if isinstance(one, str) else " and ".join(one) for one in sources]
        yield f"| {target} | {', '.join(f'`{name}`' for name in names)} |"
    if map_.fields:
        yield ""
    yield from (f"- {trap}" for trap in map_.traps)
    if map_.reference:
        yield f"- Reference: <{map_.reference}>"
    if map_.traps or map_.reference:
        yield ""


def _first_line(path: Path) -> str:
    text = path.read_bytes()
    if path.suffix in (".gz", ".zst"):
        raise AssertionError(f"{path.name}: the first sample of a format is plain text")
    lines = text.decode().split("\n")
    shown = "\n".join(lines[:4] if lines[0] in ("[", "{") else lines[:1])
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]", "", shown)
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"


def main() -> None:
    written = DOCUMENT.read_text("utf-8").partition(MARK)[0]
    DOCUMENT.write_text(f"{written}{MARK}\n{reference()}\n", "utf-8")


if __name__ == "__main__":
    main()
