"""Which mail server the help desk of a stack is given."""

from pathlib import Path

import pytest

from cli.stack import Ports, Stack

HOST, PORT = "LATCHKEY_HELPDESK_SMTP_HOST", "LATCHKEY_HELPDESK_SMTP_PORT"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    for name in ("LATCHKEY_SMTP_HOST", HOST):
        monkeypatch.delenv(name, raising=False)
    return Stack(Ports.free(), tmp_path, {})


def test_without_a_mail_server_it_is_the_development_mailbox(stack: Stack) -> None:
    given = stack.helpdesk().environment
    assert (given[HOST], given[PORT]) == ("127.0.0.1", str(stack.ports.smtp))


def test_the_mail_server_of_the_accounts_serves_both(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATCHKEY_SMTP_HOST", "mail.example.com")
    monkeypatch.setenv("LATCHKEY_SMTP_PASSWORD_FILE", "/run/secrets/mail")
    monkeypatch.setenv("LATCHKEY_MAIL_FROM", "help@example.com")
    given = stack.helpdesk().environment
    assert (given[HOST], given[PORT]) == ("mail.example.com", "587")
    assert given["LATCHKEY_HELPDESK_SMTP_PASSWORD_FILE"] == "/run/secrets/mail"
    assert given["LATCHKEY_HELPDESK_MAIL_FROM"] == "help@example.com"


def test_its_own_mail_server_is_its_own(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATCHKEY_SMTP_HOST", "mail.example.com")
    monkeypatch.setenv(HOST, "desk.example.com")
    given = stack.helpdesk().environment
    assert given[HOST] == "desk.example.com"
    assert PORT not in given
