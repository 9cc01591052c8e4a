"""What the postman makes of each way in which a mail server can answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from foundation.postman import Handover, Postman, SmtpSettings
from tests.accounts.service import free_port

TO = "ana@example.com"
GOOD = {
    "connect": "220 hello",
    "EHLO": "250 mail.example",
    "HELO": "250 mail.example",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 go on",
    ".": "250 kept",
    "RSET": "250 OK",
    "QUIT": "221 bye",
}


class ScriptedServer:
    """Speaks SMTP by a table; None as an answer hangs up."""

    def __init__(self, answers: dict[str, str | None]) -> None:
        self.answers: dict[str, str | None] = {**GOOD, **answers}
        self.heard: list[str] = []

    def serve(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb") as lines:
            if not self._say(lines, "connect"):
                return
            is_content = False
            for raw in lines:
                line = raw.decode().rstrip("\r\n")
                self.heard.append(line)
                verb = line[:4].upper()
                if is_content and line != ".":
                    continue
                if not self._say(lines, "." if is_content else verb):
                    return
                is_content = not is_content and verb == "DATA" and self._goes_on
                if verb == "QUIT":
                    return

    @property
    def _goes_on(self) -> bool:
        return str(self.answers["DATA"]).startswith("354")

    def _say(self, lines: socket.SocketIO, verb: str) -> bool:  # type: ignore[override]
        answer = self.answers.get(verb, "502 unknown")
        if answer is None:
            return False
        lines.write(answer.encode() + b"\r\n")
        lines.flush()
        return True


@contextmanager
def mail_server(**answers: str | None) -> Iterator[tuple[int, ScriptedServer]]:
    table = {"." if verb == "content" else verb: text for verb, text in answers.items()}
    server = ScriptedServer(table)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=[listener], daemon=True)
        thread.start()
        yield listener.getsockname()[1], server
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def settings(port: int, **changes: object) -> SmtpSettings:
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "username": "",
        "password": "",
        "starttls": False,
        "mail_from": "us@example.com",
    }
    return SmtpSettings(**{**values, **changes})  # type: ignore[arg-type]


def a_mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message["To"] = TO
    message.set_content("Hello\n.\n..dots\n")
    return message


def test_a_mail_that_the_server_takes_is_accepted() -> None:
    with mail_server() as (port, server):
        outcome = Postman(settings(port)).deliver(a_mail(), TO)
    assert outcome.state is Handover.ACCEPTED
    assert outcome.reason is None
    heard = [line.lower() for line in server.heard]
    assert any(line.startswith("mail from:<us@example.com>") for line in heard)
    assert f"rcpt to:<{TO}>" in heard


ANSWERS: list[tuple[dict[str, str | None], Handover, str]] = [
    ({"RCPT": "550 5.1.1 no such mailbox"}, Handover.BOUNCED, "550 5.1.1"),
    ({"RCPT": "552 mailbox full"}, Handover.BOUNCED, "552 mailbox full"),
    ({"RCPT": "450 try later"}, Handover.DEFERRED, "450 try later"),
    ({"RCPT": "451 greylisted"}, Handover.DEFERRED, "451 greylisted"),
    ({"DATA": "554 no mail today"}, Handover.BOUNCED, "554"),
    ({"DATA": "421 busy"}, Handover.DEFERRED, "421 busy"),
    ({"content": "554 looks like spam"}, Handover.BOUNCED, "looks like spam"),
    ({"content": "452 disk full"}, Handover.DEFERRED, "452 disk full"),
    ({"MAIL": "553 sender unknown"}, Handover.DEFERRED, "553 sender unknown"),
    ({"MAIL": "421 busy"}, Handover.DEFERRED, "421 busy"),
    ({"connect": "554 go away"}, Handover.DEFERRED, "554 go away"),
    ({"connect": None}, Handover.DEFERRED, "SMTPServerDisconnected"),
    ({"connect": "nonsense"}, Handover.DEFERRED, ""),
    ({"EHLO": "500 what?", "HELO": "500 what?"}, Handover.DEFERRED, "what?"),
    ({"MAIL": None}, Handover.DEFERRED, "SMTPServerDisconnected"),
    ({"RCPT": None}, Handover.DEFERRED, "SMTPServerDisconnected"),
    ({"content": None}, Handover.DEFERRED, "SMTPServerDisconnected"),
]


@pytest.mark.parametrize(("answers", "state", "reason"), ANSWERS)
def test_each_answer_has_its_outcome(
    answers: dict[str, str | None], state: Handover, reason: str
) -> None:
    with mail_server(**answers) as (port, _):
        outcome = Postman(settings(port)).deliver(a_mail(), TO)
    assert outcome.state is state, outcome
    assert reason in str(outcome.reason)


def test_our_own_wrong_password_bounces_nobody() -> None:
    extensions = "250-mail.example\r\n250 AUTH PLAIN LOGIN"
    refused = "535 5.7.8 wrong password"
    with mail_server(EHLO=extensions, AUTH=refused) as (port, _):
        postman = Postman(settings(port, username="us", password="wrong"))
        outcome = postman.deliver(a_mail(), TO)
    assert outcome.state is Handover.DEFERRED
    assert "535" in str(outcome.reason)
    assert "wrong password" in str(outcome.reason)


def test_a_server_without_encryption_gets_no_mail_if_that_is_asked_for() -> None:
    with mail_server() as (port, server):
        outcome = Postman(settings(port, starttls=True)).deliver(a_mail(), TO)
    assert outcome.state is Handover.DEFERRED
    assert "STARTTLS" in str(outcome.reason)
    assert not any(line.lower().startswith("mail") for line in server.heard)


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_a_server_that_is_away_defers(host: str) -> None:
    outcome = Postman(settings(free_port(), host=host)).deliver(a_mail(), TO)
    assert outcome.state is Handover.DEFERRED
    assert str(outcome.reason).startswith("the mail server cannot be reached: ")


def test_the_reason_masks_addresses_and_is_one_line() -> None:
    answer = f"550-we do not know\r\n550 <{TO}> at all"
    with mail_server(RCPT=answer) as (port, _):
        outcome = Postman(settings(port)).deliver(a_mail(), TO)
    assert outcome.reason == "550 we do not know <a•••@example.com> at all"
