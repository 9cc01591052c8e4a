"""Runs `doctor` on installations of tests, and sees to it that no secret is ever shown."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from typer.testing import CliRunner

from cli import model
from cli.__main__ import app
from cli.doctor import commands, parts
from tests.accounts.service import free_port
from tests.cli.command_line import environment

PLANTED = "Pl4nted-and-recognisable-0123456789"
MAIL_PASSWORD = "Pl4nted mail password"
NOBODY = "http://127.0.0.1:9"
PROGRAMS = ("PATH", "HOME", "LANG")


@dataclass(frozen=True)
class Said:
    """What `doctor --json` came to."""

    status: int
    report: dict[str, Any]

    @property
    def ids(self) -> list[str]:
        """The ids of its findings, in order."""
        return sorted(each["id"] for each in self.report["findings"])

    @property
    def left_out(self) -> dict[str, str]:
        """Why a check was left out, by its name."""
        return {each["check"]: each["why"] for each in self.report["left_out"]}

    def about(self, number: str) -> str:
        """What is said under an id, message and hint."""
        found = [each for each in self.report["findings"] if each["id"] == number]
        return "\n".join(f"{each['message']} {each['hint']}" for each in found)


def diagnose(home: Path, variables: dict[str, str], *, as_json: bool = True) -> Any:
    """Run the command as one who has these variables; return a `Said`, or all output."""
    trained = Path(variables["LATCHKEY_MODEL"])
    kept = {name: os.environ[name] for name in PROGRAMS if name in os.environ}
    with pytest.MonkeyPatch.context() as here:
        here.setattr(commands, "STATE", home)
        here.setattr(model, "MODEL", trained)
        here.setattr(model, "STAMP", trained.with_suffix(".sources"))
        here.setattr(parts, "MODEL", trained)
        with patch.dict(os.environ, {**kept, **variables}, clear=True):
            words = ["doctor", *(["--json"] if as_json else [])]
            ended = CliRunner().invoke(app, words)
    assert "Traceback" not in ended.output, ended.output
    for secret in secrets_of(home, variables):
        assert secret not in ended.output, secret
    if not as_json:
        return ended
    report = (
        json.loads(ended.stdout) if ended.stdout else {"findings": [], "left_out": []}
    )
    broken = [each for each in report["left_out"] if "itself failed" in each["why"]]
    assert broken == []
    return Said(ended.exit_code, report)


def secrets_of(home: Path, variables: dict[str, str]) -> set[str]:
    """Return every secret that an installation has, in each form."""
    found = {file.read_text().strip() for file in (home / "keys").glob("*")}
    for name, value in variables.items():
        if name.startswith("LATCHKEY_") and "Pl4nted" in value:
            password = urlsplit(value).password if "://" in value else value
            found |= {password or "", unquote(password or "")}
    return {each for each in found if len(each) > 3}


def settings_from_environment(
    up_home: Path, variables: dict[str, str], **more: str
) -> dict[str, str]:
    """Return the same settings as those of an `up`, all of them named."""
    keys = {
        f"{file.name.upper()}_FILE": str(file) for file in (up_home / "keys").iterdir()
    }
    at = "http://127.0.0.1:"
    smtp = variables["LATCHKEY_OUTBOX_SMTP_PORT"]
    return {
        **environment(up_home),
        **keys,
        "LATCHKEY_HELPDESK_PORT": variables["LATCHKEY_HELPDESK_PORT"],
        "LATCHKEY_PUBLIC_URL": at + variables["LATCHKEY_HELPDESK_PORT"],
        "LATCHKEY_DATABASE_URL": f"sqlite:///{up_home / 'helpdesk.db'}",
        "LATCHKEY_ACCOUNTS_DATABASE_URL": f"sqlite:///{up_home / 'accounts.db'}",
        "LATCHKEY_RASA_URL": at + variables["LATCHKEY_RASA_PORT"],
        "LATCHKEY_ACTIONS_URL": at + variables["LATCHKEY_ACTIONS_PORT"],
        "LATCHKEY_ACCOUNTS_URL": at + variables["LATCHKEY_ACCOUNTS_PORT"],
        "LATCHKEY_HELPDESK_SMTP_HOST": "127.0.0.1",
        "LATCHKEY_HELPDESK_SMTP_PORT": smtp,
        "LATCHKEY_SMTP_PORT": smtp,
        **more,
    }


class _Nothing:
    """Takes no mails; signing in is all that is tried."""


@contextmanager
def run_mail_server() -> Iterator[int]:
    """Run a real mail server that wants a password, without encryption; yield its port."""

    def is_let_in(
        _server: Any, _session: Any, _envelope: Any, _how: str, given: Any
    ) -> Any:
        fits = given.password == MAIL_PASSWORD.encode()
        return AuthResult(success=fits, handled=False)

    server = Controller(
        _Nothing(),
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=is_let_in,
        auth_require_tls=False,
    )
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@contextmanager
def run_proxy(port: int, *, forwards: str = "127.0.0.9") -> Iterator[str]:
    """Run a reverse proxy that adds whom it has seen, as proxies do; yield its address.

    Args:
        port: Where it passes everything on to.
        forwards: Whom it has seen.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            before = self.headers.get("X-Forwarded-For")
            told = ", ".join(filter(None, [before, forwards]))
            headers = {**dict(self.headers), "X-Forwarded-For": told}
            line = HTTPConnection("127.0.0.1", port, timeout=10)
            line.request("GET", self.path, headers=headers)
            answer = line.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            line.close()

        def log_message(self, *_words: object) -> None: ...

    with serving(Handler) as url:
        yield url


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve over HTTP for the length of a test."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)
