"""The development mailbox, spoken to over SMTP and HTTP."""

import smtplib
import socket
from email.message import EmailMessage

import pytest
import requests

from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun


def send(run: AccountsRun, content: bytes, to: str) -> None:
    with smtplib.SMTP("127.0.0.1", run.smtp_port, timeout=20) as server:
        server.sendmail("sender@example.com", [to], content)


def test_a_mail_is_listed_and_shown_with_links_to_click(
    accounts: AccountsRun,
) -> None:
    email, link = people.invite(accounts)
    mailbox = Browser(accounts.outbox_url)
    assert email in mailbox.open("/").text
    number = accounts.mails(email)[0]["number"]
    page = mailbox.open(f"/mails/{number}")
    assert page.title.startswith("Your invitation")
    assert f'<a href="{link}"' in page.answer.text
    assert "default-src 'none'" in page.answer.headers["Content-Security-Policy"]


def test_mails_survive_a_restart(accounts: AccountsRun) -> None:
    email, _link = people.invite(accounts)
    before = accounts.mails(email)
    assert accounts.outbox.stop() < 2.5
    accounts.outbox.start()
    assert accounts.mails(email) == before


def test_the_newest_mail_comes_first(accounts: AccountsRun) -> None:
    email = people.new_address()
    for number in range(3):
        message = EmailMessage()
        message["Subject"] = f"number {number}"
        send(accounts, message.as_bytes(), email)
    subjects = [mail["subject"] for mail in accounts.mails(email.upper())]
    assert subjects == ["number 2", "number 1", "number 0"]


def test_a_markup_in_a_mail_is_only_text(accounts: AccountsRun) -> None:
    email = people.new_address()
    evil = '<script>alert(1)</script> https://x.example/"><b>'
    message = EmailMessage()
    message["Subject"] = evil
    message.set_content(evil)
    send(accounts, message.as_bytes(), email)
    number = accounts.mails(email)[0]["number"]
    mailbox = Browser(accounts.outbox_url)
    for path in ("/", f"/mails/{number}"):
        assert "<script" not in mailbox.open(path).answer.text
        assert '"><b>' not in mailbox.open(path).answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no headers at all",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Transfer-Encoding: base64\r\n\r\n****",
        b"To: <<<>>>,,,\r\nDate: never\r\nMessage-ID: <[\r\n\r\nx",
        b"Subject: " + b"x" * 900 + b"\r\n\r\n" + b"y" * 900 + b"\r\n" * 9000,
    ],
)
def test_broken_mails_disturb_nobody(accounts: AccountsRun, content: bytes) -> None:
    email = people.new_address()
    send(accounts, content, email)
    assert requests.get(accounts.outbox_url, timeout=20).status_code == 200
    good = people.stranger(accounts)
    accounts.request(good)
    accounts.next_mail(good)
    assert "Traceback" not in accounts.outbox.log


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/mails/nothing", "/mails/..%2f..%2faccounts.db", "/api/nothing"],
)
def test_stray_requests_find_nothing(accounts: AccountsRun, path: str) -> None:
    answer = requests.get(accounts.outbox_url + path, timeout=20)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_noise_on_the_mail_port_disturbs_nobody(accounts: AccountsRun) -> None:
    for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\r\n", b"x" * 5000):
        address = ("127.0.0.1", accounts.smtp_port)
        with socket.create_connection(address, timeout=20) as connection:
            connection.sendall(noise)
    email = people.new_address()
    send(accounts, b"Subject: still here\r\n\r\nx", email)
    assert accounts.mails(email)[0]["subject"] == "still here"
    assert "Traceback" not in accounts.outbox.log
