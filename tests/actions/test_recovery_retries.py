"""A request whose outcome is unknown: every further try is the same request."""

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.backend import QUEUED, BadBackend
from tests.actions.calls import slots_set
from tests.actions.submissions import submission

PURPOSE = "password_reset:ana@example.com"


@pytest.mark.parametrize("status", [500, 503, 200])
def test_trying_again_after_silence_is_the_same_request(
    status: int, server: ActionServer, backend: BadBackend
) -> None:
    backend.status, backend.body = status, b"?"
    first = server.run(submission("ana@example.com", conversation="c", message="m1"))
    unknown = slots_set(first)["unknown_outcomes"]
    assert unknown == {PURPOSE: "c:m1:password_reset"}

    backend.status, backend.body = 202, QUEUED
    kept = {"unknown_outcomes": unknown}
    again = submission("ana@example.com", conversation="c", message="m2", before=kept)
    second = server.run(again)
    assert {request["key"] for request in backend.requests} == {"c:m1:password_reset"}
    assert slots_set(second)["unknown_outcomes"] is None

    server.run(submission("ana@example.com", conversation="c", message="m3"))
    assert backend.requests[-1]["key"] == "c:m3:password_reset"


@pytest.mark.parametrize(
    ("email", "kind"),
    [("bo@example.com", "password_reset"), ("ana@example.com", "invite")],
)
def test_another_request_neither_takes_nor_loses_the_key_of_the_unknown_one(
    email: str, kind: str, server: ActionServer, backend: BadBackend
) -> None:
    kept = {"unknown_outcomes": {PURPOSE: "c:m1:password_reset"}}
    sent = submission(email, kind, conversation="c", message="m2", before=kept)
    result = server.run(sent)
    assert backend.requests[-1]["key"] == f"c:m2:{kind}"
    assert slots_set(result)["unknown_outcomes"] == kept["unknown_outcomes"]


def test_a_refusal_is_an_outcome(server: ActionServer, backend: BadBackend) -> None:
    backend.status, backend.body = 429, b'{"code": "too_many", "message": "slowly"}'
    kept = {"unknown_outcomes": {PURPOSE: "c:m1:password_reset"}}
    result = server.run(submission("ana@example.com", before=kept))
    assert slots_set(result)["unknown_outcomes"] is None


def test_a_second_yes_to_the_same_question_is_the_same_request(
    server: ActionServer, backend: BadBackend
) -> None:
    asked = {"recovery_asked": "m0"}
    for message in ("m1", "m2"):
        server.run(
            submission("a@b.cd", conversation="c", message=message, before=asked)
        )
    assert {request["key"] for request in backend.requests} == {"c:m0:password_reset"}
