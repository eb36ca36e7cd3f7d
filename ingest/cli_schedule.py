"""The command `schedule`: what cron or systemd need to run chertlog, with this user's paths.

Owns those texts. It prints them and changes nothing.
"""

from __future__ import annotations

import getpass
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from chertlog.queries.cli_errors import friendly

# A service that writes its own directories and nothing else.
CONFINED = """\
Nice=10
NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=true
ReadWritePaths={written}
UMask=0077"""
CRON = """\
# /etc/cron.d/chertlog: cron mails what it says, and it says nothing unless a person is needed.
{minute} {hour} * * * {user} {ingest} --quiet; {check} --quiet
"""
SERVICE = """\
# /etc/systemd/system/chertlog.service
[Unit]
Description=Load last night's Chert logs and check the alert rules

[Service]
Type=oneshot
User={user}
WorkingDirectory={folder}
ExecStart={ingest} --quiet
# Also when a file was refused: the rest was loaded.
ExecStartPost=-{check} --quiet
SuccessExitStatus=1
{confined}

# /etc/systemd/system/chertlog.timer
[Unit]
Description=Every night

[Timer]
OnCalendar=*-*-* {hour:02}:{minute:02}:00
Persistent=true

[Install]
WantedBy=timers.target

# These must be there before, and be {user}'s: {written}
# systemctl daemon-reload && systemctl enable --now chertlog.timer
"""
WATCHING = """\
# /etc/systemd/system/chertlog-watch.service
[Unit]
Description=Follow Chert's logs
After=local-fs.target

[Service]
User={user}
WorkingDirectory={folder}
ExecStart={watch} --check --quiet
Restart=always
RestartSec=30
{confined}

[Install]
WantedBy=multi-user.target

# These must be there before, and be {user}'s: {written}
# systemctl daemon-reload && systemctl enable --now chertlog-watch.service
"""


def schedule(
    paths: Annotated[list[str] | None, typer.Argument(help="Files, directories, patterns.")] = None,
    systemd: Annotated[bool, typer.Option("--systemd", help="A service and its timer.")] = False,
    cron: Annotated[bool, typer.Option("--cron", help="A line for /etc/cron.d.")] = False,
    watching: Annotated[
        bool, typer.Option("--watch", help="A service that follows the files all the time.")
    ] = False,
    at: Annotated[str, typer.Option(metavar="HH:MM", help="When, in the host's time.")] = "01:15",
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="As for ingest.", show_default=False),
    ] = None,
) -> None:
    """Print what cron or systemd need to run chertlog every night, or all the time.

    Paths are written whole; the account is the one that runs this. Nothing is installed.

    Example: chertlog schedule --systemd /var/log/chert '/var/log/nginx/access.log*'
    """
    with friendly():
        from chertlog.ingest.errors import WrongUse
        from chertlog.ingest.settings import load_settings

        if [systemd, cron, watching].count(True) != 1:
            raise WrongUse("say which", next="chertlog schedule --systemd, --cron or --watch")
        if not paths:
            raise WrongUse("no path given", next="chertlog schedule --cron /var/log/chert")
        match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at)
        if not match:
            raise WrongUse(f"{at!r} is no time of day", next="for example --at 01:15")
        settings = load_settings(data_dir)
        written = [settings.data_dir.absolute()]
        if settings.alerts.textfile:
            written.append(Path(settings.alerts.textfile).absolute().parent)
        text = SERVICE if systemd else CRON if cron else WATCHING
        time = {"hour": int(match[1]), "minute": int(match[2])}
        quoted = _for_cron if cron else _for_systemd
        typer.echo(_filled(text, paths, written, time, quoted), nl=False)


def _filled(
    text: str,
    paths: list[str],
    written: list[Path],
    time: dict[str, int],
    quoted: Callable[[str], str],
) -> str:
    whole = [str(Path(path).absolute()) for path in paths]
    tail = ["--data-dir", str(written[0])]

    def command(*words: str) -> str:
        return " ".join(map(quoted, [*_program(), *words]))

    return text.replace("{confined}", CONFINED).format(
        user=getpass.getuser(),
        folder=quoted(str(Path.cwd())),
        written=" ".join(quoted(str(path)) for path in written),
        **time,
        ingest=command("ingest", *whole, *tail),
        check=command("check", *tail),
        watch=command("watch", *whole, *tail),
    )


def _program() -> list[str]:
    """The command as it was started, by its whole path; an environment need not be active."""
    beside = Path(sys.executable).with_name("chertlog")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("chertlog")
    return [found] if found else [sys.executable, "-m", "chertlog.ingest"]


def _for_cron(word: str) -> str:
    """Quoted for a shell; cron ends a line at a percent sign."""
    return shlex.quote(word).replace("%", r"\%")


def _for_systemd(word: str) -> str:
    """systemd.service(5), "Command lines": % and $ are doubled, and no shell expands patterns.

    chertlog expands them itself.
    """
    plain = word.replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w@%+=:,./*?$\[\]-]+", plain):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
