"""Who a turn is sent for: asked again at the moment when it is sent, on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from foundation.database import Database
from helpdesk.assistant import Actor
from helpdesk.desk.action_limits import OF_ONE_AGENT
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.command_payloads import read_payload
from helpdesk.desk.identity import Identity
from helpdesk.desk.own_chat import find_own_chat, open_own_chat
from helpdesk.store.letter_models import MailAddress
from helpdesk.store.rows import add
from helpdesk.store.words import Role
from tests.commands.floor import RESEND, Floor
from tests.helpdesk.desk_steps import Desk


def test_an_admin_sends_commands_and_says_by_which_session(
    floor: Floor, sam: SignedInAgent
) -> None:
    actor = floor.actor_of(floor.say(sam))
    assert actor == Actor(f"agent:{sam.id}", "admin", True, str(sam.session_id))


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.AUDITOR])
def test_nobody_else_does(floor: Floor, role: Role) -> None:
    somebody = floor.agent("Kim", role)
    assert floor.actor_of(floor.say(somebody)) is None
    plain = floor.actor_of(floor.say(somebody, None))
    assert (plain is None) == (role is Role.AUDITOR)
    assert plain is None or plain.role == role.value


def test_what_ended_since_it_was_accepted_counts(
    floor: Floor, sam: SignedInAgent
) -> None:
    turn = floor.say(sam)
    floor.set_agent(sam, role=Role.LEAD)
    assert floor.actor_of(turn) is None
    floor.set_agent(sam, role=Role.ADMIN, is_active=False)
    assert floor.actor_of(turn) is None
    floor.set_agent(sam, is_active=True)
    assert floor.actor_of(turn)
    floor.sign_out(sam)
    assert floor.actor_of(turn) is None


def test_a_session_that_nobody_used_for_long_has_ended(
    floor: Floor, sam: SignedInAgent
) -> None:
    turn = floor.say(sam)
    floor.wait(timedelta(hours=13))
    assert floor.actor_of(turn) is None


def test_a_colleagues_session_proves_nothing(floor: Floor, sam: SignedInAgent) -> None:
    turn = floor.say(sam)
    for changed in (
        replace(turn, session_id=floor.ana.session_id),
        replace(turn, agent_id=floor.ana.id),
        replace(turn, session_id=None),
        replace(turn, agent_id=None),
        replace(turn, session_id=uuid4()),
    ):
        assert floor.actor_of(changed) is None


def test_an_agent_has_so_many_mails_an_hour_however_they_ask(
    floor: Floor, sam: SignedInAgent
) -> None:
    for _ in range(OF_ONE_AGENT):
        turn = floor.say(sam)
        actor = floor.actor_of(turn)
        assert actor
        assert actor.may_act
        floor.end(turn, has_acted=True)
    for _ in range(3):  # what only looks is not counted
        floor.end(floor.say(sam), has_acted=False)
    last = floor.say(sam)
    refused = floor.actor_of(last)
    assert refused
    assert not refused.may_act
    colleague = floor.agent("Max", Role.ADMIN)
    other = floor.actor_of(floor.say(colleague))
    assert other
    assert other.may_act
    floor.wait(timedelta(hours=1, seconds=1))
    renew = floor.actor_of(last)
    assert renew
    assert renew.may_act


def test_two_tabs_that_come_at_once_open_one_chat(
    floor: Floor, sam: SignedInAgent
) -> None:
    first = floor.run(lambda s: open_own_chat(s, sam.id, floor.now))
    again = floor.run(lambda s: open_own_chat(s, sam.id, floor.now))
    assert first.id == again.id
    assert floor.run(lambda s: find_own_chat(s, floor.ana.id)) is None


def test_a_contacts_actor_names_what_is_proven_to_be_theirs(database: Database) -> None:
    vouched = Identity("https://shop.example", "7", "Ana", "Ana@Example.com")
    desk = Desk(database).enter(vouched)
    floor = Floor(desk)
    turn = desk.say("my invitation has expired").turn
    assert turn
    assert floor.actor_of(turn) == Actor(
        f"contact:{desk.contact}", addresses=("ana@example.com",)
    )
    prove(floor, desk.contact, desk.conversation, "b@example.com")
    changed = floor.actor_of(turn)
    assert changed
    assert changed.addresses == ("ana@example.com", "b@example.com")
    stranger = desk.other()
    asked = stranger.say("my invitation has expired").turn
    assert asked
    nobody = floor.actor_of(asked)
    assert nobody
    assert nobody.addresses == ()
    prove(floor, stranger.contact, stranger.conversation, "c@example.com", is_new=True)
    still = floor.actor_of(asked)
    assert still
    assert still.addresses == (), "an address that was only typed proves nothing"


def prove(
    floor: Floor, contact: UUID, place: UUID, email: str, *, is_new: bool = False
) -> None:
    """Note that a contact left an address, and mostly that it is theirs."""
    left = MailAddress(
        contact_id=contact,
        email=email,
        proof_id=uuid4(),
        conversation_id=place,
        asked_at=floor.now,
        proven_at=None if is_new else floor.now,
        stopped_at=None,
    )
    floor.run(lambda session: add(session, left))


def test_what_is_no_command_payload_is_none(floor: Floor) -> None:
    assert read_payload(RESEND) == (
        "resend",
        {"address": "ana@example.com", "dry_run": False},
    )
    for wrong in ("", "/greet", "/run_command", "/run_command{}", "/run_command[1]"):
        assert read_payload(wrong) is None
    for wrong in (
        '{"command": 1, "arguments": "{}"}',
        '{"command": "a", "arguments": 1}',
    ):
        assert read_payload(f"/run_command{wrong}") is None
