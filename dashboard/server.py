"""Starts the dashboard in the foreground, on this machine only unless told otherwise.

Owns the command line and the settings that protect the server. They are flags, so that no
config.toml in the reader's home or working directory weakens them; the rest is in
.streamlit/config.toml.
"""

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from chertlog.dashboard import login

HERE = Path(__file__).resolve().parent
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8501
METRICS_VARIABLE = "CHERTLOG_METRICS_PORT"


def command(
    data_dir: str | Path,
    port: int = DEFAULT_PORT,
    host: str = DEFAULT_HOST,
    allow_hosts: Sequence[str] = (),
) -> list[str]:
    """The command that serves `data_dir` until it is interrupted."""
    hosts = [part for name in allow_hosts for part in ("--allow-host", name)]
    start = [sys.executable, "-m", "chertlog.dashboard", "--data-dir", str(data_dir)]
    return [*start, "--port", str(port), "--host", host, *hosts]


def streamlit_command(
    port: int,
    host: str,
    allow_hosts: Sequence[str] = (),
    base_path: str = "",
    login_file: Path | None = None,
) -> list[str]:
    """What `command` becomes: Streamlit, with every setting that protects it as a flag."""
    flags = {
        "server.address": [host],
        "server.port": [str(port)],
        "server.headless": ["true"],
        "server.baseUrlPath": [base_path.strip("/")] if base_path.strip("/") else [],
        # Proxies end a connection on which nothing moves, most after 60 s.
        "server.websocketPingInterval": ["20"],
        "secrets.files": [str(login_file)] if login_file else [],
        "server.allowedHosts": _allowed(host, allow_hosts),
        "server.enableXsrfProtection": ["true"],
        "server.enableCORS": ["true"],
        "server.enableAgentApi": ["false"],
        "server.fileWatcherType": ["none"],
        "browser.gatherUsageStats": ["false"],
        "client.showErrorDetails": ["none"],
        "client.disableDataExport": ["true"],
        "client.toolbarMode": ["minimal"],
    }
    options = [part for name, values in flags.items() for v in values for part in (f"--{name}", v)]
    # -P: a file in the working directory must not stand in for a module.
    return [sys.executable, "-P", "-m", "streamlit", "run", str(HERE / "asgi.py"), *options]


def environment(
    data_dir: str | Path, login_file: Path | None = None, metrics_port: int | None = None
) -> dict[str, str]:
    """The environment in which it runs: the caller's, where the data are, and who may look."""
    known = {
        "CHERTLOG_DATA_DIR": str(Path(data_dir).expanduser().resolve()),
        METRICS_VARIABLE: str(metrics_port or ""),
    }
    return {**os.environ, **known, login.VARIABLE: str(login_file or "")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the server. Returns 3 if the port is taken; otherwise only an error comes back."""
    options = _parser().parse_args(arguments)
    try:
        log_in = login.read(options.login) if options.login else None
    except login.Unusable as error:
        print(f"the log-in cannot be used: {error}", file=sys.stderr)
        return 2
    wanted = [("--port", options.host, options.port)]
    if options.metrics_port:
        wanted.append(("--metrics-port", DEFAULT_HOST, options.metrics_port))
    for name, host, port in wanted:
        if reason := _unavailable(host, port):
            print(
                f"cannot serve on {host}:{port}: {reason}\nChoose another port: {name} {port + 1}",
                file=sys.stderr,
            )
            return 3
    if options.host not in ("127.0.0.1", "localhost", "::1") and log_in is None:
        print(
            f"serving on {options.host}: everyone who reaches this port sees the logs' contents; "
            "put a proxy with a log-in in front of it, or use --login FILE (docs/dashboard.md)",
            file=sys.stderr,
        )
    hosts = [*options.allow_host, *_listed(os.environ.get("CHERTLOG_ALLOW_HOSTS", ""))]
    file = log_in.file if log_in else None
    start = streamlit_command(options.port, options.host, hosts, options.base_path, file)
    # exec, so that Ctrl-C and signals reach the server itself.
    os.execve(start[0], start, environment(options.data_dir, file, options.metrics_port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chertlog.dashboard",
        description="Serve the dashboard until Ctrl-C.",
        epilog="example: python -m chertlog.dashboard --data-dir chertlog-data --port 8600",
    )
    parser.add_argument(
        "--data-dir", default=os.environ.get("CHERTLOG_DATA_DIR", "chertlog-data"), metavar="DIR"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name browsers may use for this server, beside localhost; for a proxy, its own "
        "(also: CHERTLOG_ALLOW_HOSTS, separated by commas)",
    )
    parser.add_argument(
        "--base-path",
        default=os.environ.get("CHERTLOG_BASE_PATH", ""),
        metavar="PATH",
        help="the path below which a proxy shows it, as /chertlog (also: CHERTLOG_BASE_PATH)",
    )
    parser.add_argument(
        "--login",
        default=os.environ.get(login.VARIABLE) or None,
        metavar="FILE",
        help="TOML file with the OpenID Connect provider to log in with, and who is let in "
        f"(also: {login.VARIABLE})",
    )
    parser.add_argument(
        "--metrics-port",
        type=int,
        default=os.environ.get(METRICS_VARIABLE) or None,  # read as the option is
        metavar="PORT",
        help="port of 127.0.0.1 for /metrics (Prometheus) and /healthz; off without it "
        f"(also: {METRICS_VARIABLE})",
    )
    return parser


def _listed(names: str) -> list[str]:
    return [each.strip() for each in names.split(",") if each.strip()]


def _allowed(host: str, more: Sequence[str]) -> list[str]:
    names = ["localhost", "127.0.0.1", "::1", *more]
    # A wildcard address is no name that a browser asks for.
    return names if host in (*names, "0.0.0.0", "::") else [*names, host]


def _unavailable(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""
