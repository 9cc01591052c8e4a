"""A pasted link: what is said of it, and a new one without learning whose it is."""

from uuid import uuid4

import pytest

from actions.dead_link import STATES
from tests.actions.action_server import ActionServer
from tests.actions.backend import QUEUED, BadBackend
from tests.actions.calls import (
    DOMAIN,
    Json,
    actor_token,
    call,
    payloads,
    said,
    slots_set,
    user_event,
)
from tests.actions.command_calls import entities
from tests.actions.staff_backend import at

REFERENCE = "gAAAA_sealed-reference"
RENEW = '/renew_link{"link_reference": "%s", "link_purpose": "%s"}'


def report(server: ActionServer, state: str, **more: str) -> Json:
    """Report a link with what the help desk found out."""
    found = {
        "link_state": state,
        "link_purpose": "invite",
        "link_issued": at(days=6),
        "link_ended": at(days=3),
        "link_reference": REFERENCE,
        **more,
    }
    event = user_event("report_link")
    event["parse_data"]["entities"] = entities(**found)
    return server.run(call("action_report_link", event))


def renew(
    server: ActionServer,
    purpose: str = "invite",
    *,
    conversation: str = "c",
    message: str = "m",
    before: Json | None = None,
    reference: str = REFERENCE,
    **claims: object,
) -> Json:
    """Press the button for a new link."""
    token = actor_token(conversation, message, **claims)
    event = user_event("renew_link", message=message, actor=token)
    found = entities(link_reference=reference, link_purpose=purpose)
    event["parse_data"]["entities"] = found
    sent = call("action_renew_link", event, slots=before, conversation=conversation)
    return server.run(sent)


# --- what became of it


@pytest.mark.parametrize(
    ("state", "history"),
    [
        ("expired", "It was sent 6 days ago and ran out 3 days ago."),
        ("used", "It was sent 6 days ago and was used 3 days ago."),
        ("replaced", "It was sent 6 days ago and was replaced 3 days ago."),
        ("withdrawn", "It was sent 6 days ago and was taken back 3 days ago."),
        ("valid", ""),
        ("unknown", ""),
        ("foreign", ""),
        ("unchecked", ""),
    ],
)
def test_each_state_has_its_words(
    state: str, history: str, server: ActionServer
) -> None:
    result = report(server, state)
    assert said(result) == [STATES[state]]
    assert result["responses"][0]["history"] == history
    assert slots_set(result) == {"awaiting": None}


@pytest.mark.parametrize("state", ["expired", "used", "replaced", "withdrawn"])
def test_a_new_one_is_offered_in_place_of_one_that_ended(
    state: str, server: ActionServer
) -> None:
    (response,) = report(server, state)["responses"]
    offered = payloads(response)
    assert offered == [RENEW % (REFERENCE, "invite"), "/talk_to_human"]
    assert response["buttons"][0]["title"] == "Send me a new one"


@pytest.mark.parametrize("state", ["expired", "used", "replaced", "withdrawn"])
def test_without_a_reference_the_address_is_asked_for(
    state: str, server: ActionServer
) -> None:
    (response,) = report(server, state, link_reference="")["responses"]
    expected = ["/resend_invite", "/reset_password", "/talk_to_human"]
    assert payloads(response) == expected


@pytest.mark.parametrize("state", ["valid", "unknown", "foreign", "unchecked"])
def test_no_new_one_is_offered_for_any_other(state: str, server: ActionServer) -> None:
    (response,) = report(server, state)["responses"]
    assert response["buttons"] == []
    own = DOMAIN["responses"][STATES[state]][0].get("buttons", [])
    assert not any("renew" in button["payload"] for button in own)


def test_a_link_that_works_is_said_to_work_for_a_while(server: ActionServer) -> None:
    result = report(server, "valid", link_ended=at(hours=-5, minutes=-1))
    assert result["responses"][0]["history"] == "It works for another 5 hours."


@pytest.mark.parametrize(
    ("issued", "ended", "history"),
    [
        ("", "", ""),
        ("", {"hours": 2}, "It ran out 2 hours ago."),
        ({"days": 70}, "", "It was sent 2 months ago."),
        ("yesterday", "2026-11-01T10:00:00", ""),
        ({"seconds": 100}, {"seconds": 5}, "sent 2 minutes ago and ran out just now."),
        (
            {"hours": 1},
            {"minutes": 1},
            "sent 60 minutes ago and ran out a minute ago.",
        ),
        (
            {"days": 1, "hours": 20},
            {"hours": 24},
            "sent 2 days ago and ran out 24 hours",
        ),
    ],
)
def test_times_are_told_as_far_as_they_are_known(
    issued: str | dict[str, float],
    ended: str | dict[str, float],
    history: str,
    server: ActionServer,
) -> None:
    # A span counts from now, not from when the tests were collected.
    began, ran_out = (
        at(**each) if isinstance(each, dict) else each for each in (issued, ended)
    )
    result = report(server, "expired", link_issued=began, link_ended=ran_out)
    assert history in result["responses"][0]["history"]


@pytest.mark.parametrize("state", ["", "exploded"])
def test_a_state_that_nobody_knows_was_not_looked_up(
    state: str, server: ActionServer
) -> None:
    assert said(report(server, state)) == ["utter_link_unchecked"]


def test_of_a_link_the_answer_holds_no_more_than_its_reference(
    server: ActionServer,
) -> None:
    result = report(server, "expired", link="https://x.test/invite/SECRET")
    assert "SECRET" not in str(result)


# --- a new one


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("invite", "invite"),
        ("confirm", "auto"),
        ("password_reset", "auto"),
        ("", "auto"),
        ("odd", "auto"),
    ],
)
def test_a_new_link_is_asked_for_by_reference(
    purpose: str, kind: str, server: ActionServer, backend: BadBackend
) -> None:
    result = renew(server, purpose)
    assert said(result) == ["utter_link_renewed"]
    (request,) = backend.requests
    assert request == {
        "reference": REFERENCE,
        "kind": kind,
        "key": f"c:m:{kind}",
        "path": "/v1/recoveries",
    }
    custom = result["responses"][0]["custom"]
    receipt = custom.pop("receipt")
    assert custom == {"acted": True}
    assert receipt["address"] is None
    assert (receipt["kind"], receipt["result"]) == (kind, "accepted")
    assert (receipt["expires_at"] is None) == (kind == "auto")
    closed = [e for e in result["events"] if e["event"] == "active_loop"]
    assert [event["name"] for event in closed] == [None]


@pytest.mark.parametrize("reference", ["", "forged"])
def test_the_words_are_the_same_whatever_the_reference(
    reference: str, server: ActionServer, backend: BadBackend
) -> None:
    ours, other = renew(server), renew(server, reference=reference)
    for result in (ours, other):
        result["responses"][0]["custom"]["receipt"].pop("expires_at")
    assert ours == other


@pytest.mark.parametrize(
    ("claims", "response"),
    [
        ({"act": False}, "utter_recovery_too_many"),
        ({"role": "agent"}, "utter_link_not_for_staff"),
        ({"role": "admin", "act": False}, "utter_link_not_for_staff"),
        ({"key": "x" * 40}, "utter_link_not_renewed"),
        ({"mid": "another"}, "utter_link_not_renewed"),
        ({"cid": "another"}, "utter_link_not_renewed"),
    ],
)
def test_who_may_not_gets_none(
    claims: Json, response: str, server: ActionServer, backend: BadBackend
) -> None:
    result = renew(server, **claims)
    assert said(result) == [response]
    assert backend.requests == []
    assert result["responses"][0]["custom"] == {}


def test_after_silence_a_further_try_is_the_same_request(
    server: ActionServer, backend: BadBackend
) -> None:
    backend.status, backend.body = 503, b"?"
    first = renew(server)
    assert said(first) == ["utter_link_not_renewed"]
    (response,) = first["responses"]
    assert payloads(response) == [RENEW % (REFERENCE, "invite")]
    assert response["buttons"][0]["title"] == "Try again"
    backend.status, backend.body = 202, QUEUED
    kept = {"unknown_outcomes": slots_set(first)["unknown_outcomes"]}
    second = renew(server, message=uuid4().hex, before=kept)
    assert said(second) == ["utter_link_renewed"]
    assert {request["key"] for request in backend.requests} == {"c:m:invite"}
    assert "acted" not in second["responses"][0]["custom"]


def test_a_backend_that_is_down_is_told(server: ActionServer) -> None:
    assert said(renew(server)) == ["utter_link_not_renewed"]
