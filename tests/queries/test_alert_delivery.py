"""Who is told, and how often: at a web server, a parser of Prometheus, a real Alertmanager."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from chertlog.ingest.cli import _alert_settings, app
from chertlog.queries import cli_check
from chertlog.queries.alerting import alertmanager, slack, textfile
from chertlog.queries.alerting.destinations import AlertSettings, tell_all
from chertlog.queries.alerting.ledger import Entry, Ledger, load, save
from chertlog.queries.alerting.rules import Alert
from chertlog.queries.errors import ChertlogError

NOW = datetime(2026, 11, 21, 12)


def alert(subject: str = "acme", rule: str = "retry_storm", **changed: Any) -> Alert:
    words = {
        "severity": "page",
        "summary": f"retry storm of {subject}",
        "screen": f"storms?storm={subject}",
        "meaning": "A client retries.",
        "next": "Open the storm.",
    }
    return Alert(rule=rule, subject=subject, **{**words, **changed})


class Receiver:
    """A web server that keeps what is posted to it, and answers with `status`."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/json"
                if receiver.status == 200:
                    receiver.bodies.append(json.loads(text))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/services/SECRETPATH"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def checked(ledger: Ledger, settings: AlertSettings, *alerts: Alert, at: int = 0) -> dict[str, Any]:
    """A check at which these alerts fire: what became of each destination."""
    now = NOW + timedelta(minutes=at)
    ledger.update([*alerts], now)
    told = dict(tell_all(settings, ledger, now))
    ledger.forget_over()
    return told


# ---- a webhook


def test_an_alert_is_told_once_and_its_end_once(receiver: Receiver, tmp_path: Path) -> None:
    settings = AlertSettings(dashboard_url="https://ops.example/", webhook=receiver.url)
    ledger = Ledger()
    for at, alerts in enumerate([[alert()], [alert()], [], [], [alert()]]):
        assert checked(ledger, settings, *alerts, at=at) == {"webhook": None}
        save(ledger, tmp_path)
        ledger = load(tmp_path)  # as the next check finds it
    assert [body["text"] for body in receiver.bodies] == [
        "*chertlog: 1 new alert*\n"
        ":red_circle: retry storm of acme <https://ops.example/storms?storm=acme|Show>",
        "*chertlog: 1 over*\n:white_check_mark: over: retry storm of acme",
        "*chertlog: 1 new alert*\n"
        ":red_circle: retry storm of acme <https://ops.example/storms?storm=acme|Show>",
    ]


def test_who_could_not_be_reached_is_told_later(receiver: Receiver) -> None:
    settings = AlertSettings(webhook=receiver.url)
    ledger = Ledger()
    receiver.status = 503
    assert checked(ledger, settings, alert()) == {
        "webhook": "it answered with an error: 127.0.0.1: 503"
    }
    receiver.status = 200
    checked(ledger, settings, alert(), at=1)
    receiver.status = 503
    checked(ledger, settings, at=2)
    receiver.status = 200
    checked(ledger, settings, at=3)
    assert [body["text"].splitlines()[0] for body in receiver.bodies] == [
        "*chertlog: 1 new alert*",
        "*chertlog: 1 over*",
    ]
    assert ledger.entries == {}


def test_the_end_of_what_was_never_told_is_not_told(receiver: Receiver) -> None:
    ledger = Ledger()
    receiver.status = 500
    checked(ledger, AlertSettings(webhook=receiver.url), alert())
    receiver.status = 200
    checked(ledger, AlertSettings(webhook=receiver.url), at=1)
    assert receiver.bodies == []


def test_one_destination_out_of_reach_keeps_no_other_waiting(
    receiver: Receiver, tmp_path: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    settings = AlertSettings(
        webhook=receiver.url, alertmanager=nobody, textfile=str(tmp_path / "no" / "such.prom")
    )
    told = checked(Ledger(), settings, alert())
    assert told["webhook"] is None and len(receiver.bodies) == 1
    assert told["alertmanager"] == "it cannot be reached: 127.0.0.1: [Errno 111] Connection refused"
    assert "such.prom" in told["textfile"]


def test_a_message_cannot_be_steered_by_what_a_log_says() -> None:
    hostile = alert("x", summary="<!channel> & <https://evil.example|click>")
    said = slack.message([Entry(hostile, NOW)], [], "http://ops")
    assert "<!channel>" not in said and "<https://evil" not in said
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;" in said


def test_a_flood_is_cut_short() -> None:
    many = [Entry(alert(f"t{n}"), NOW) for n in range(50)]
    said = slack.message(many, many, "http://ops")
    assert said.count("\n") == 2 + 2 * slack.MOST
    assert "… and 30 more: <http://ops|Show>" in said


def test_a_ledger_that_is_damaged_is_said(tmp_path: Path) -> None:
    (tmp_path / "alerts.json").write_text("{")
    with pytest.raises(ChertlogError, match="cannot be understood"):
        load(tmp_path)


# ---- Prometheus


def test_the_textfile_is_what_prometheus_reads(tmp_path: Path) -> None:
    ledger = Ledger(newest_at=NOW - timedelta(minutes=5))
    odd = 'a "quoted" \\ name\n'
    ledger.update([alert("acme"), alert(odd), alert("relay", "stale_data")], NOW)
    path = tmp_path / "chertlog.prom"
    textfile.write(str(path), ledger, NOW)
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }
    unix = (NOW - datetime(1970, 1, 1)).total_seconds()
    assert samples[("chertlog_alerts_firing", ("rule", "retry_storm"))] == 2
    assert samples[("chertlog_alerts_firing", ("rule", "saturation"))] == 0
    assert samples[("chertlog_last_check_seconds",)] == unix
    assert samples[("chertlog_newest_data_seconds",)] == unix - 300
    since = {
        key[3][1]: value for key, value in samples.items() if key[0].startswith("chertlog_alert_f")
    }
    assert since == {"acme": unix, odd: unix, "relay": unix}
    assert path.stat().st_mode & 0o777 == 0o644
    textfile.write(str(path), Ledger(), NOW)
    assert "chertlog_newest_data_seconds NaN" in path.read_text()


# ---- Alertmanager


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Alertmanager on loopback: where it listens."""
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        pytest.fail("no Alertmanager: `make test` installs one")
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "a.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [
            *(program, f"--config.file={folder}/a.yml", f"--storage.path={folder}"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_for(lambda: _ready(base))
        yield base
    finally:
        running.terminate()
        running.wait()


def _ready(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/-/ready", timeout=1):
            return True
    except OSError:
        return False


def _wait_for(holds: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def _active(base: str) -> dict[str, dict[str, Any]]:
    with urllib.request.urlopen(f"{base}/api/v2/alerts?active=true", timeout=5) as answer:
        return {each["labels"]["subject"]: each for each in json.load(answer)}


@pytest.mark.alertmanager
def test_an_alertmanager_takes_alerts_and_their_end(manager: str) -> None:
    settings = AlertSettings(dashboard_url="https://ops.example", alertmanager=f"{manager}/")
    ledger = Ledger()
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    ledger.update([alert("acme"), alert("globex")], now)
    assert dict(tell_all(settings, ledger, now)) == {"alertmanager": None}
    _wait_for(lambda: _active(manager).keys() == {"acme", "globex"})
    taken = _active(manager)["acme"]
    assert taken["labels"] == {
        "alertname": "retry_storm", "severity": "page", "subject": "acme", "service": "chertlog",
    }  # fmt: skip
    assert taken["annotations"] == {
        "summary": "retry storm of acme",
        "description": "A client retries. Open the storm.",
    }
    assert taken["generatorURL"] == "https://ops.example/storms?storm=acme"
    assert taken["startsAt"][:19] == now.isoformat()
    lasts = datetime.fromisoformat(taken["endsAt"][:19]) - now
    assert lasts == alertmanager.LASTS
    ledger.update([alert("globex")], now)
    assert dict(tell_all(settings, ledger, now)) == {"alertmanager": None}
    _wait_for(lambda: _active(manager).keys() == {"globex"})


# ---- mail


def test_mail_goes_through_sendmail(tmp_path: Path) -> None:
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/args\ncat > {tmp_path}/mail\n')
    sendmail.chmod(0o755)
    settings = AlertSettings(
        email_to=("ops@chert.example", "night@chert.example"),
        email_from="chertlog@chert.example",
        sendmail=str(sendmail),
    )
    ledger = Ledger()
    assert checked(ledger, settings, alert("Zoë\r\nBcc: x@evil.example")) == {"email": None}
    assert (tmp_path / "args").read_text() == "-t -oi\n"
    mail = message_from_bytes((tmp_path / "mail").read_bytes())
    assert mail["To"] == "ops@chert.example, night@chert.example"
    assert mail["Subject"] == "chertlog: 1 new alert"
    assert mail["Bcc"] is None
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert "PAGE  retry storm of Zoë" in body.decode()
    sendmail.write_text("#!/bin/sh\necho no route >&2\nexit 75\n")
    told = checked(ledger, settings, alert("acme"), at=1)
    assert told["email"] == f"no mail could be sent: {sendmail} ended with 75: no route"


# ---- the command


@pytest.fixture
def configured(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Write chertlog.toml where the command looks for it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    # Another test may have made a program of its own from the same commands.
    monkeypatch.setattr(cli_check._Settings, "find", _alert_settings)
    (data_dir / "alerts").mkdir()
    return lambda text: (tmp_path / "chertlog.toml").write_text(text) and None


ALWAYS = """-- It always fires.
-- Next: nothing.
select 'it' as subject, 'page' as severity, null::timestamp as started_at, 'so it is' as summary,
    'health' as screen
"""


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["check", *arguments])


def test_the_command_is_quiet_when_all_is_well(configured: Callable[[str], None]) -> None:
    said = run()
    assert said.exit_code == 0
    assert said.stdout == ""
    assert "Nothing fires: 8 rules and the checks of the data hold." in said.stderr
    assert run("--quiet").output == ""


def test_the_command_tells_and_exits_with_1(
    configured: Callable[[str], None], data_dir: Path, receiver: Receiver
) -> None:
    configured(f'[alerts]\nwebhook = "{receiver.url}"\ndashboard_url = "http://ops.example"\n')
    (data_dir / "alerts" / "always.sql").write_text(ALWAYS)
    assert run("--no-deliver").exit_code == 1
    assert receiver.bodies == [] and not (data_dir / "alerts.json").exists()
    for _ in range(2):
        said = run()
        assert said.exit_code == 1
        assert "so it is" in said.stdout and "http://ops.example/health" in said.stdout
    assert len(receiver.bodies) == 1
    assert (data_dir / "alerts.json").stat().st_mode & 0o777 == 0o600
    (plain,) = json.loads(run("--format", "json").stdout)
    assert (plain["rule"], plain["link"]) == ("always", "http://ops.example/health")
    (data_dir / "alerts" / "always.sql").unlink()
    assert run().exit_code == 0
    assert receiver.bodies[-1]["text"].startswith("*chertlog: 1 over*")


def test_the_secret_of_a_webhook_is_never_said(
    configured: Callable[[str], None], data_dir: Path, receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CHERTLOG_ALERT_WEBHOOK", receiver.url)
    (data_dir / "alerts" / "always.sql").write_text(ALWAYS)
    receiver.status = 403
    said = run()
    assert said.exit_code == 1
    assert "webhook was not told: it answered with an error: 127.0.0.1: 403" in said.stderr
    assert "SECRETPATH" not in said.output + (data_dir / "alerts.json").read_text()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[alerts]\nwebhok = "x"\n', "did you mean 'webhook'?"),
        ('[alerts]\nwebhook = "slack"\n', "webhook must begin with http:// or https://"),
        ('[alerts]\nemail_to = "a@b"\n', "email_to must be a list of addresses"),
        ("alerts = 1\n", "[alerts] must be a section"),
    ],
)
def test_wrong_settings_are_said(configured: Callable[[str], None], text: str, why: str) -> None:
    configured(text)
    said = run()
    assert said.exit_code == 2
    assert why in " ".join(said.stderr.split())


def test_the_rules_are_listed(configured: Callable[[str], None], data_dir: Path) -> None:
    (data_dir / "alerts" / "always.sql").write_text(ALWAYS)
    said = run("--rules")
    assert said.exit_code == 0
    for word in (
        "retry_storm",
        "saturation_forecast",
        "response_unique",
        "your own",
        "It always fires.",
    ):
        assert word in said.stdout


def test_two_checks_at_once_tell_once(
    configured: Callable[[str], None], data_dir: Path, receiver: Receiver, tmp_path: Path
) -> None:
    configured(f'[alerts]\nwebhook = "{receiver.url}"\n')
    (data_dir / "alerts" / "always.sql").write_text(ALWAYS)
    command = [shutil.which("chertlog", path=str(Path(sys.executable).parent)), "check", "-q"]
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [each.wait() for each in both] == [1, 1]
    assert len(receiver.bodies) == 1
