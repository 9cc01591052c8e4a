"""The contract's edges: who may call, what is refused, what a repetition does."""

import json
import socket
import sqlite3
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.accounts import people
from tests.accounts.service import AccountsRun, run_accounts, wait_for

QUEUED = {"status": "queued"}
STAFF_PATHS = [
    "/v1/accounts/alex@example.com",
    "/v1/accounts/nobody@example.com",
    "/v1/invitations?state=expired",
    "/v1/deliveries?email=alex@example.com",
]


def call(
    accounts: AccountsRun,
    path: str = "/v1/recoveries",
    body: Any = None,
    method: str = "POST",
    token: str | None = None,
    **headers: str,
) -> requests.Response:
    everything = {
        "Authorization": f"Bearer {token or accounts.token}",
        "Idempotency-Key": uuid4().hex,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    url = accounts.base_url + path
    if isinstance(body, dict):
        return requests.request(method, url, json=body, headers=everything, timeout=10)
    return requests.request(method, url, data=body, headers=everything, timeout=10)


def jobs_with(run: AccountsRun, key: str) -> int:
    with sqlite3.connect(run.database_file) as database:
        found = database.execute(
            "SELECT count(*) FROM jobs WHERE idempotency_key = ?", [key]
        ).fetchone()
    return int(found[0])


def test_a_former_token_is_honoured_until_it_is_dropped(tmp_path: Path) -> None:
    former = {
        "LATCHKEY_ACCOUNTS_TOKEN_FORMER": "service-token-of-last-year",
        "LATCHKEY_ACCOUNTS_STAFF_TOKEN_FORMER": "staff-token-of-last-year",
    }
    path = "/v1/accounts/alex@example.com"
    with run_accounts(tmp_path, **former) as changing:
        statuses = [
            call(changing, path, method="GET", token=token).status_code
            for token in (*former.values(), changing.staff_token, "of-nobody-at-all")
        ]
    assert statuses == [403, 200, 200, 401]


@pytest.mark.parametrize("path", STAFF_PATHS)
def test_a_service_token_may_not_read_what_is_for_staff(
    accounts: AccountsRun, path: str
) -> None:
    answer = call(accounts, path, method="GET")
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
    assert call(accounts, path, method="GET", token=accounts.staff_token).ok or (
        "nobody" in path
    )


@pytest.mark.parametrize("path", [*STAFF_PATHS, "/v1/recoveries", "/v1/links/inspect"])
@pytest.mark.parametrize(
    "authorization", ["", "Bearer ", "Bearer wrong", "Basic abc", "Bearer é"]
)
def test_without_a_known_token_nothing_is_answered(
    accounts: AccountsRun, path: str, authorization: str
) -> None:
    is_read = path in STAFF_PATHS
    answer = requests.request(
        "GET" if is_read else "POST",
        accounts.base_url + path,
        headers={"Authorization": authorization.encode()},
        timeout=10,
    )
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"


def test_the_answer_is_the_same_for_every_state(accounts: AccountsRun) -> None:
    everybody = [
        people.invited(accounts),
        people.unconfirmed(accounts),
        people.active(accounts),
        people.locked(accounts),
        people.stranger(accounts),
    ]
    for kind in ("auto", "invite", "password_reset"):
        answers = [
            call(accounts, body={"email": email, "kind": kind}) for email in everybody
        ]
        assert {answer.status_code for answer in answers} == {202}
        assert {answer.content for answer in answers} == {b'{"status":"queued"}'}
        assert len({frozenset(answer.headers.items()) for answer in answers}) == 1


def test_the_answer_takes_as_long_for_known_and_unknown_addresses(
    accounts: AccountsRun,
) -> None:
    known, unknown = people.active(accounts), people.stranger(accounts)
    times: dict[str, list[float]] = {known: [], unknown: []}
    for _ in range(25):
        for email, taken in times.items():
            begin = time.perf_counter()
            call(accounts, body={"email": email, "kind": "auto"})
            taken.append(time.perf_counter() - begin)
    medians = [statistics.median(taken) for taken in times.values()]
    assert max(medians) < 3 * min(medians)


def test_an_account_is_not_looked_at_before_the_answer(tmp_path: Path) -> None:
    # No mail server, and a database whose accounts are gone: the answer stays the same.
    with run_accounts(tmp_path, LATCHKEY_SMTP_PORT="1") as run:
        with sqlite3.connect(run.database_file) as database:
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute("ALTER TABLE accounts RENAME TO elsewhere")
        for who in ({"email": "alex@example.com"}, {"reference": "x"}):
            answer = call(run, body={**who, "kind": "auto"})
            assert answer.status_code == 202
            assert answer.json() == QUEUED
        with sqlite3.connect(run.database_file) as database:
            database.execute("ALTER TABLE elsewhere RENAME TO accounts")
        run.advance(minutes=1)

        def is_decided() -> bool:
            return bool(run.staff().deliveries("alex@example.com"))

        wait_for(is_decided, "the postponed decision")


def test_the_same_key_has_one_effect(accounts: AccountsRun) -> None:
    email, key = people.stranger(accounts), uuid4().hex
    for _ in range(3):
        accounts.request(email, key=key)
    accounts.next_mail(email)
    accounts.request(email, key=key)
    other = people.stranger(accounts)
    accounts.request(other)
    accounts.next_mail(other)
    assert len(accounts.mails(email)) == 1


def test_the_same_key_at_the_same_time_has_one_effect(accounts: AccountsRun) -> None:
    email, key = people.stranger(accounts), uuid4().hex
    body = {"email": email, "kind": "auto"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: call(accounts, body=body, Idempotency_Key=key), range(16)
            )
        )
    assert {answer.status_code for answer in answers} == {202}
    assert jobs_with(accounts, key) == 1
    accounts.next_mail(email)
    assert len(accounts.mails(email)) == 1


@pytest.mark.parametrize("change", ["email", "kind"])
def test_the_same_key_for_something_else_is_refused(
    accounts: AccountsRun, change: str
) -> None:
    key, body = uuid4().hex, {"email": people.stranger(accounts), "kind": "auto"}
    assert call(accounts, body=body, Idempotency_Key=key).status_code == 202
    other = {"email": people.stranger(accounts), "kind": "invite"}
    body |= {change: other[change]}
    answer = call(accounts, body=body, Idempotency_Key=key)
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_conflict"


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "ключ"])
def test_a_missing_or_odd_key_is_refused(accounts: AccountsRun, key: str) -> None:
    answer = requests.post(
        f"{accounts.base_url}/v1/recoveries",
        json={"email": people.new_address(), "kind": "auto"},
        headers={
            "Authorization": f"Bearer {accounts.token}",
            "Idempotency-Key": key.encode(),
        },
        timeout=10,
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_required"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe\x00", 400, "invalid_json"),
        (b"[" * 20000, 400, "invalid_json"),
        (b"null", 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"email": 7, "kind": "auto"}', 422, "invalid_request"),
        (b'{"email": "", "kind": "auto"}', 422, "invalid_request"),
        (b'{"email": "a@example.com"}', 422, "invalid_request"),
        (b'{"email": "a@example.com", "kind": "all"}', 422, "invalid_request"),
        (b'{"email": "a@example.com", "kind": "auto", "x": 1}', 422, "invalid_request"),
        (b'{"email": "nonsense", "kind": "auto"}', 422, "invalid_email"),
        (b'{"email": "a@b@example.com", "kind": "auto"}', 422, "invalid_email"),
        (b'{"email": "a@example.com\\nBcc: b@c.de", "kind": "auto"}', 422, None),
        (b'{"email": "\\u0000@example.com", "kind": "auto"}', 422, "invalid_email"),
        (b'{"email": "\\ud800@example.com", "kind": "auto"}', 422, "invalid_email"),
        (b'{"email": "' + b"a" * 60000 + b'@x.de", "kind": "auto"}', 422, None),
        (b"x" * 70000, 413, "too_large"),
    ],
)
def test_bad_bodies_are_refused_with_a_reason(
    accounts: AccountsRun, body: bytes, status: int, code: str | None
) -> None:
    answer = call(accounts, body=body, Content_Type="application/json")
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"code", "message"}
    assert code in {None, answer.json()["code"]}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", ""]
)
def test_other_content_types_are_refused(accounts: AccountsRun, kind: str) -> None:
    body = json.dumps({"email": "a@example.com", "kind": "auto"}).encode()
    answer = call(accounts, body=body, Content_Type=kind)
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/accounts/nonsense",
        "/v1/accounts/%00",
        "/v1/accounts/%ff%fe",
        "/v1/invitations",
        "/v1/invitations?state=odd",
        "/v1/invitations?state=expired&state=pending",
        "/v1/deliveries",
        "/v1/deliveries?email=",
        "/v1/deliveries?email=%27%20OR%201=1",
    ],
)
def test_odd_questions_of_staff_are_refused(accounts: AccountsRun, path: str) -> None:
    answer = call(accounts, path, method="GET", token=accounts.staff_token)
    assert answer.status_code == 422
    assert set(answer.json()) == {"code", "message"}


def test_unknown_addresses_and_methods_are_refused_in_json(
    accounts: AccountsRun,
) -> None:
    assert call(accounts, "/v1/nothing").json()["code"] == "not_found"
    assert call(accounts, "/v1", method="GET").json()["code"] == "not_found"
    answer = call(accounts, "/v1/recoveries", method="DELETE")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "noise",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/recoveries HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/recoveries HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"GET /v1/accounts/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_noise_on_the_port_ends_without_a_traceback(
    accounts: AccountsRun, noise: bytes
) -> None:
    port = int(accounts.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert b"Traceback" not in answer
    assert not answer.startswith(b"HTTP/1.1 5")
    assert requests.get(f"{accounts.base_url}/healthz", timeout=20).ok


def test_health_is_told(accounts: AccountsRun) -> None:
    answer = requests.get(f"{accounts.base_url}/healthz", timeout=20)
    assert answer.json() == {"status": "ok", "database": True, "worker": True}


def test_logs_are_single_lines_without_addresses_and_tokens(
    accounts: AccountsRun,
) -> None:
    email, link = people.invite(accounts)
    log = accounts.service.log
    assert email not in log
    assert link.rpartition("/")[2] not in log
    assert accounts.token not in log
    assert "i•••@example.com" in log
    assert "Traceback" not in log
    assert all(line[:4].isdigit() for line in log.splitlines())
