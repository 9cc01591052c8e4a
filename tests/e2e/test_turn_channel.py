"""The one way into Rasa refuses what is not a well-formed turn of ours."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
import requests

from cli.keys import ACTOR_KEY, TURN_KEY
from helpdesk.assistant import (
    SIGNATURE_HEADER,
    TURN_PATH,
    Actor,
    Turn,
    sign_actor,
    sign_body,
)
from tests.accounts import people
from tests.e2e.full_stack import FullStack

WRONG_KEY = "quite another key, but just as long as the right one"


def a_turn(**fields: Any) -> dict[str, Any]:
    """Return a good turn, changed in some fields."""
    good = {
        "message_id": str(uuid4()),
        "conversation_id": str(uuid4()),
        "text": "hello",
    }
    return good | fields


def post(
    product: FullStack,
    body: bytes,
    *,
    key: str | None = None,
    age_s: float = 0,
    header: str | None = None,
) -> requests.Response:
    """Send a request, rightly signed unless told otherwise."""
    signature = sign_body(
        body, key or product.stack.keys[TURN_KEY], now=time.time() - age_s
    )
    headers = {SIGNATURE_HEADER: signature if header is None else header}
    url = product.stack.url("rasa") + TURN_PATH
    return requests.post(url, data=body, headers=headers, timeout=10)


def new_log(product: FullStack, size_before: int) -> str:
    """Return what Rasa logged since its log had a size."""
    return product.rasa.log.read_bytes()[size_before:].decode(errors="replace")


@pytest.fixture(autouse=True)
def quiet_log(product: FullStack) -> Any:
    """Whatever is sent here, Rasa's log gets no traceback."""
    size = product.rasa.log.stat().st_size
    yield
    assert "Traceback" not in new_log(product, size)


def test_a_signed_turn_is_taken(product: FullStack) -> None:
    answer = post(product, json.dumps(a_turn()).encode())
    assert answer.status_code == 200
    assert answer.json()["nlu"]["intent"] == "greet"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        "t=,v1=",
        "t=1,v1=" + "0" * 64,
        f"t={10**11},v1=" + "0" * 64,
        "v1=" + "0" * 64,
        "t=1,v1=" + "Z" * 64,
        "t=-1,v1=" + "0" * 64,
        "t=" + "9" * 5_000 + ",v1=" + "0" * 64,
        "t=1,v1=" + "0" * 63 + "é",
    ],
    ids=range(10),
)
def test_a_request_without_a_good_signature_is_refused(
    product: FullStack, header: str
) -> None:
    body = json.dumps(a_turn()).encode()
    answer = post(product, body, header=header.encode("utf-8"))  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.json()["code"] == "bad_signature"


def test_a_request_signed_with_another_key_is_refused(product: FullStack) -> None:
    body = json.dumps(a_turn()).encode()
    assert post(product, body, key=WRONG_KEY).status_code == 401


def test_a_signature_does_not_hold_for_another_body(product: FullStack) -> None:
    key = product.stack.keys[TURN_KEY]
    header = sign_body(json.dumps(a_turn()).encode(), key, now=time.time())
    body = json.dumps(a_turn(text="reset my password")).encode()
    assert post(product, body, header=header).status_code == 401


@pytest.mark.parametrize("age_s", [310, -310, 86_400])
def test_a_request_replayed_late_is_refused(product: FullStack, age_s: float) -> None:
    body = json.dumps(a_turn()).encode()
    assert post(product, body, age_s=age_s).status_code == 401


def test_a_request_replayed_soon_has_the_first_ones_result(product: FullStack) -> None:
    body = json.dumps(a_turn()).encode()
    assert post(product, body).json() == post(product, body).json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 50_000,
        b'{"message_id": "1"}',
        b'{"message_id": "1", "conversation_id": "2"}',
        json.dumps(a_turn(payload="/affirm")).encode(),
        json.dumps(a_turn(sender="admin")).encode(),
        json.dumps(a_turn(message_id="")).encode(),
        json.dumps(a_turn(message_id="a b")).encode(),
        json.dumps(a_turn(message_id="x" * 129)).encode(),
        json.dumps(a_turn(conversation_id=7)).encode(),
        json.dumps(a_turn(conversation_id="../x")).encode(),
        json.dumps(a_turn(conversation_id="' OR 1=1")).encode(),
        json.dumps(a_turn(text=["hello"])).encode(),
        json.dumps(a_turn(text={"a": 1})).encode(),
        json.dumps(a_turn(actor={"role": "admin"})).encode(),
        json.dumps(a_turn(text=None, payload="/restart")).encode(),
        json.dumps(
            a_turn(text=None, payload='/session_start{"email": "a@b.c"}')
        ).encode(),
        json.dumps(a_turn(text=None, payload="/no_such_intent")).encode(),
        json.dumps(a_turn(text=None, payload="affirm")).encode(),
        json.dumps(a_turn(text=None, payload="")).encode(),
        json.dumps(a_turn(text=None, payload='/affirm{"a":')).encode(),
        json.dumps(a_turn(text=None, payload='/affirm{"a":1}x')).encode(),
        json.dumps(a_turn(text=None, payload="/affirm{" + "[" * 9_000 + "}")).encode(),
    ],
    ids=range(28),
)
def test_a_signed_request_that_is_no_turn_is_refused(
    product: FullStack, body: bytes
) -> None:
    answer = post(product, body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_turn"


@pytest.mark.parametrize("path", ["/webhooks/rest/webhook", "/webhooks/latchkey/"])
def test_no_other_way_in_takes_a_message(product: FullStack, path: str) -> None:
    url = product.stack.url("rasa") + path
    answer = requests.post(url, json={"sender": "x", "message": "hi"}, timeout=10)
    assert answer.status_code in {404, 405}


@pytest.mark.parametrize(
    "path", ["/model", "/conversations/x/tracker", "/domain", "/model/parse"]
)
def test_rasas_own_api_is_closed(product: FullStack, path: str) -> None:
    answer = requests.get(product.stack.url("rasa") + path, timeout=10)
    assert answer.status_code in {404, 405}


def statement(product: FullStack, name: str, turn: Turn) -> str | None:
    """Return a statement of who is asking that is wrong in the named way."""
    key = product.stack.keys[ACTOR_KEY]
    other = Turn(str(uuid4()), turn.message_id)
    return {
        "missing": None,
        "garbage": "garbage",
        "signed with another key": sign_actor(Actor(), turn, WRONG_KEY),
        "made for another conversation": sign_actor(Actor(), other, key),
        "made for another message": sign_actor(
            Actor(), Turn(turn.conversation_id, str(uuid4())), key
        ),
        "unsigned": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ2aXNpdG9yIn0.",
    }[name]


@pytest.mark.parametrize(
    "wrong",
    [
        "missing",
        "garbage",
        "signed with another key",
        "made for another conversation",
        "made for another message",
        "unsigned",
    ],
)
def test_nothing_is_sent_for_somebody_whose_statement_is(
    product: FullStack, wrong: str
) -> None:
    email = people.new_address()
    chat = product.chat()
    chat.ask_for_invite(email)
    turn = Turn(chat.conversation_id, str(uuid4()), payload="/affirm")
    fields = {**vars(turn), "actor": statement(product, wrong, turn)}
    answer = post(product, json.dumps(fields).encode())
    assert answer.status_code == 200
    assert "on its way" not in answer.text
    assert not product.backend.seen_for(email)
    assert not product.accounts.mails(email)
