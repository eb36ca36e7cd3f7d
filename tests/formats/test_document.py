"""docs/formats.md says what the code does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from chertlog.ingest.fieldmap import SYNTAXES, TARGETS

sys.path.insert(0, str(Path(__file__).parent))
from document import DOCUMENT, MARK, reference

TEXT = DOCUMENT.read_text("utf-8")


def test_the_reference_is_that_of_the_code() -> None:
    assert TEXT.partition(MARK)[2].strip() == reference().strip(), (
        "run: python tests/formats/document.py"
    )


def test_every_field_and_syntax_of_a_map_is_named() -> None:
    words = set(re.findall(r"`(\w+)`", TEXT.partition(MARK)[0]))
    assert set(TARGETS) - words == set()
    assert all(syntax in TEXT for syntax in SYNTAXES)
