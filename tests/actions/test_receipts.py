"""Receipts of contacts' own requests: the same whatever the address."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.backend import QUEUED, BadBackend
from tests.actions.calls import slots_set
from tests.actions.submissions import receipt_of, submission

HERE = {"conversation": "c", "message": "m"}


@pytest.mark.parametrize(("kind", "hours"), [("invite", 72), ("password_reset", 1)])
def test_a_receipt_tells_the_life_of_what_was_asked_for(
    kind: str, hours: int, server: ActionServer, backend: BadBackend
) -> None:
    before = datetime.now(UTC)
    result = server.run(submission("ana@example.com", kind, **HERE))
    receipt = receipt_of(result)
    ends = datetime.fromisoformat(receipt.pop("expires_at"))
    life = timedelta(hours=hours)
    assert before + life <= ends <= datetime.now(UTC) + life
    assert receipt == {
        "action": "recovery.requested",
        "kind": kind,
        "address": "ana@example.com",
        "key": f"c:m:{kind}",
        "result": "accepted",
    }


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (503, b"?", "unknown"),
        (429, b'{"code": "too_many", "message": "slowly"}', "refused"),
    ],
)
def test_what_was_not_promised_has_no_end(
    status: int,
    body: bytes,
    outcome: str,
    server: ActionServer,
    backend: BadBackend,
) -> None:
    backend.status, backend.body = status, body
    receipt = receipt_of(server.run(submission("ana@example.com")))
    assert (receipt["result"], receipt["expires_at"]) == (outcome, None)


def test_a_further_try_has_the_key_of_the_first(
    server: ActionServer, backend: BadBackend
) -> None:
    backend.status, backend.body = 503, b"?"
    first = server.run(submission("ana@example.com", **HERE))
    backend.status, backend.body = 202, QUEUED
    kept = {"unknown_outcomes": slots_set(first)["unknown_outcomes"]}
    second = server.run(submission("ana@example.com", before=kept))
    assert receipt_of(second)["key"] == receipt_of(first)["key"]
    assert receipt_of(second)["result"] == "accepted"


@pytest.mark.parametrize("claims", [{"act": False}, {"key": "x" * 40}])
def test_what_was_not_asked_for_has_no_receipt(
    claims: dict[str, object], server: ActionServer, backend: BadBackend
) -> None:
    result = server.run(submission("ana@example.com", **claims))
    (response,) = result["responses"]
    assert response["custom"] == {}
