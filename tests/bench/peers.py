"""The programs that chertlog is compared with, in an environment of their own.

Python's (chdb, polars, pandas) come from the ordinary index into .venv/peers; lnav, GoAccess and jq
are Debian's packages. What cannot be had is left out, and said.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parent / "peers"
PACKAGES = ("chdb>=4.4,<5", "duckdb>=2,<3", "pandas>=3,<4", "polars>=2,<3", "pyarrow>=20")


def python() -> str | None:
    """An interpreter with the Python peers; None where they cannot be installed."""
    home = Path(sys.prefix) / "peers"
    found = home / "bin" / "python"
    if not (home / "complete").exists():
        print("Installing the peers into .venv/peers (once) ...", file=sys.stderr)
        install = [str(found), "-m", "pip", "install", "--quiet", "--quiet", *PACKAGES]
        for command in ([sys.executable, "-m", "venv", str(home)], install):
            if subprocess.run(command).returncode:
                print("  no peers of Python's: they cannot be installed here", file=sys.stderr)
                return None
        (home / "complete").touch()
    return str(found)


def program(name: str) -> str | None:
    """A program of Debian's; None, and a word about it, where it is not installed."""
    found = shutil.which(name)
    if found is None:
        print(f"  no {name}; Debian, Ubuntu: sudo apt-get install {name}", file=sys.stderr)
    return found


def lacks(script: str) -> str:
    """What the script of a peer says that it does not do."""
    text = (SCRIPTS / f"{script}.py").read_text().split('"""')[1]
    return " ".join(text.partition("Not done:")[2].split())
