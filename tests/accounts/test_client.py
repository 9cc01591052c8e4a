"""The client against the real service, and against everything that is not one."""

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.client import (
    AccountsClient,
    AccountsError,
    AccountState,
    InvitationState,
    LinkState,
    RecoveryKind,
    Role,
)
from tests.accounts import people
from tests.accounts.service import ROOT, AccountsRun, free_port

Answer = Callable[[socket.socket], None]
Use = Callable[[AccountsClient], object]

CALLS: list[Use] = [
    lambda c: c.request_recovery(
        "a@example.com", RecoveryKind.AUTO, idempotency_key="k"
    ),
    lambda c: c.get_account("a@example.com"),
    lambda c: c.invitations(InvitationState.EXPIRED),
    lambda c: c.deliveries("a@example.com"),
    lambda c: c.inspect_link("https://example.com/invite/x"),
    lambda c: c.get_recovery("some-key"),
    lambda c: c.withdraw_recovery("some-key"),
    lambda c: c.find_accounts("a"),
    lambda c: c.sites(),
    lambda c: c.suppression("a@example.com"),
    lambda c: c.lift_suppression("a@example.com"),
    lambda c: c.export_traces("a@example.com"),
    lambda c: c.erase_traces("a@example.com"),
]
FOR_STAFF = [use for number, use in enumerate(CALLS) if number not in {0, 4}]


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[float]]]:
    """Run something that is no account backend; yield its address and its visits."""
    visits: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                visits.append(time.monotonic())
                threading.Thread(target=handle, args=[connection], daemon=True).start()

        def handle(connection: socket.socket) -> None:
            with connection:
                try:
                    read_request(connection)
                    answer(connection)
                except OSError:
                    pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", visits
        listener.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> None:
    """Read a whole request; closing with a part unread would reset the connection."""
    content = b""
    while b"\r\n\r\n" not in content:
        content += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = content.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    while length and len(body) < int(length.group(1)):
        body += connection.recv(65536) or b" " * 65536


def reply(status: str, body: bytes, *headers: str) -> Answer:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    return lambda connection: connection.sendall(head + body)


def drip(prefix: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(prefix)
        for _ in range(200):
            threading.Event().wait(0.05)
            connection.sendall(b"x")

    return answer


def silence(connection: socket.socket) -> None:
    while connection.recv(1):
        pass


def failure_of(use: Use, client: AccountsClient) -> AccountsError:
    with pytest.raises(AccountsError) as caught:
        use(client)
    assert type(caught.value) is AccountsError
    assert caught.value.message.endswith(".")
    return caught.value


def failures_of_all_calls(client: AccountsClient) -> list[AccountsError]:
    with ThreadPoolExecutor(len(CALLS)) as pool:
        return list(pool.map(lambda use: failure_of(use, client), CALLS))


def test_an_account_is_read_as_it_is(accounts: AccountsRun) -> None:
    email = people.active(accounts)
    account = accounts.staff().get_account(f" {email.upper()}")
    assert account is not None
    assert account.email == email
    assert account.state is AccountState.ACTIVE
    assert account.role is Role.MEMBER
    assert account.site == "Harbour House"
    assert account.invitation is not None
    assert account.invitation.state is InvitationState.ACCEPTED
    assert account.created_at.utcoffset() == timedelta(0)


def test_there_is_no_account_for_a_stranger(accounts: AccountsRun) -> None:
    assert accounts.staff().get_account(people.stranger(accounts)) is None
    assert accounts.staff().get_account("a/b?c#d@example.com".replace("#", "+")) is None


def test_invitations_are_listed_by_what_became_of_them(accounts: AccountsRun) -> None:
    old, _ = people.invite(accounts)
    accounts.advance(hours=73)
    new, _ = people.invite(accounts)
    taken = people.active(accounts)
    staff = accounts.staff()
    listed = {
        state: {invitation.email for invitation in staff.invitations(state)}
        for state in InvitationState
    }
    assert old in listed[InvitationState.EXPIRED]
    assert new in listed[InvitationState.PENDING]
    assert taken in listed[InvitationState.ACCEPTED]
    assert not listed[InvitationState.PENDING] & listed[InvitationState.EXPIRED]


def test_a_refusal_keeps_its_code_and_is_permanent(accounts: AccountsRun) -> None:
    for use in FOR_STAFF:
        error = failure_of(use, accounts.client())
        assert (error.code, error.permanent) == ("forbidden", True)
    stranger = AccountsClient(accounts.base_url, token="wrong")
    for use in CALLS:
        error = failure_of(use, stranger)
        assert (error.code, error.permanent) == ("unauthorized", True)
    error = failure_of(lambda c: c.deliveries("nonsense"), accounts.staff())
    assert error.code == "invalid_email"


@pytest.mark.parametrize("key", ["", "line\nbreak", "ключ", "x" * 300])
def test_an_unusable_key_is_a_permanent_error(accounts: AccountsRun, key: str) -> None:
    error = failure_of(
        lambda c: c.request_recovery(
            "a@example.com", RecoveryKind.AUTO, idempotency_key=key
        ),
        accounts.client(),
    )
    assert error.permanent


def test_one_client_serves_many_threads(accounts: AccountsRun) -> None:
    _email, link = people.invite(accounts)
    client = accounts.client()
    stranger = people.stranger(accounts)

    def work(number: int) -> LinkState:
        client.request_recovery(
            stranger, RecoveryKind.AUTO, idempotency_key=f"{stranger}-{number % 3}"
        )
        return client.inspect_link(link).state

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(work, range(36))) == {LinkState.VALID}
    client.close()
    assert client.inspect_link(link).state is LinkState.VALID


def test_a_refused_connection_is_reported_soon() -> None:
    begin = time.monotonic()
    client = AccountsClient(f"http://127.0.0.1:{free_port()}", token="t")
    errors = failures_of_all_calls(client)
    assert {(e.code, e.permanent) for e in errors} == {("unreachable", False)}
    assert time.monotonic() - begin < 6  # of patience with a busy machine


WRONG = [
    ("500 Oops", b"<h1>Oops</h1>", "server_error", False, 3),
    ("503 Away", b'{"code":"x","message":"y"}', "server_error", False, 3),
    ("200 OK", b"<html>Welcome to the hotel's WLAN</html>", "bad_answer", False, 3),
    ("200 OK", b"", "bad_answer", False, 3),
    ("200 OK", b"[" * 100000, "bad_answer", False, 3),
    ("200 OK", b"null", "bad_answer", False, 3),
    ("200 OK", b'{"state": "odd", "status": 7}', "bad_answer", False, 3),
    ("404 Not Found", b"<h1>nginx</h1>", "bad_answer", False, 3),
    ("403 Forbidden", b'{"error": "no"}', "bad_answer", False, 3),
    ("418 Teapot", b'{"code":"teapot","message":"No coffee."}', "teapot", True, 1),
]


@pytest.mark.parametrize(("status", "body", "code", "permanent", "visits"), WRONG)
def test_wrong_answers_become_the_one_error(
    status: str, body: bytes, code: str, permanent: bool, visits: int
) -> None:
    with server(reply(status, body)) as (address, visited):
        client = AccountsClient(address, token="t")
        errors = failures_of_all_calls(client)
    assert {(error.code, error.permanent) for error in errors} == {(code, permanent)}
    assert len(visited) == visits * len(CALLS)


def test_a_redirect_is_not_followed() -> None:
    elsewhere = "Location: http://127.0.0.1:1/v1"
    with server(reply("302 Found", b"", elsewhere)) as (address, visited):
        error = failure_of(CALLS[1], AccountsClient(address, token="t"))
    assert (error.code, error.permanent) == ("redirected", True)
    assert len(visited) == 1


@pytest.mark.parametrize(
    "garbage",
    [b"SSH-2.0-OpenSSH\r\n", b"\x00\xff\x00", b"HTTP/1.1 abc\r\n\r\n", b""],
)
def test_something_that_is_not_http_becomes_the_one_error(garbage: bytes) -> None:
    with server(lambda connection: connection.sendall(garbage)) as (address, _):
        error = failure_of(CALLS[4], AccountsClient(address, token="t"))
    assert error.code in {"unreachable", "bad_answer"}
    assert not error.permanent


def test_a_cut_or_garbled_body_becomes_the_one_error() -> None:
    cut = b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"state"'
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    packed = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    )
    for content in (cut, chunks, packed):
        answer = reply_raw(content)
        with server(answer) as (address, _):
            error = failure_of(CALLS[4], AccountsClient(address, token="t"))
        assert not error.permanent


def reply_raw(content: bytes) -> Answer:
    return lambda connection: connection.sendall(content)


SLOW: list[tuple[str, Answer]] = [
    ("silent", silence),
    ("dripping headers", drip(b"HTTP/1.1 200 OK\r\nX-Long: ")),
    ("dripping body", drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")),
]


@pytest.mark.parametrize("answer", [a for _, a in SLOW], ids=[name for name, _ in SLOW])
def test_a_slow_backend_never_takes_longer_than_the_budget(answer: Answer) -> None:
    with server(answer) as (address, _):
        begin = time.monotonic()
        client = AccountsClient(address, token="t", read_timeout=0.4, budget=1.0)
        error = failure_of(CALLS[4], client)
        assert (error.code, error.permanent) == ("timeout", False)
        assert time.monotonic() - begin < 6  # of patience with a busy machine


def test_a_failure_that_passes_is_survived(accounts: AccountsRun) -> None:
    answers = [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b""]
    body = b'{"status":"queued"}'
    answers.append(b"HTTP/1.1 202 Accepted\r\nContent-Length: 19\r\n\r\n" + body)
    with server(lambda c: c.sendall(answers.pop(0))) as (address, visited):
        client = AccountsClient(address, token="t")
        client.request_recovery(
            "a@example.com", RecoveryKind.AUTO, idempotency_key=uuid4().hex
        )
    assert len(visited) == 3


def test_a_list_that_does_not_end_becomes_the_one_error() -> None:
    page = b'{"invitations": [], "more": true, "next": "again"}'
    with server(reply("200 OK", page)) as (address, visited):
        client = AccountsClient(address, token="t")
        error = failure_of(lambda c: c.invitations(InvitationState.PENDING), client)
    assert (error.code, error.permanent) == ("bad_answer", False)
    assert len(visited) == 2


@pytest.mark.parametrize("address", ["", "nonsense", "ftp://x", "http://", "http://[x"])
def test_an_impossible_address_becomes_the_one_error(address: str) -> None:
    for use in CALLS:
        assert failure_of(use, AccountsClient(address, token="t")).permanent


def test_the_client_imports_nothing_of_the_service() -> None:
    code = "import sys, accounts.client; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    ours = {name for name in loaded if name.startswith("accounts")}
    assert ours == {"accounts"} | {n for n in ours if n.startswith("accounts.client")}
    assert not {"sanic", "sqlalchemy", "jinja2", "argon2"} & set(loaded)
