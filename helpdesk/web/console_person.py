"""The person panel: earlier conversations, the account, what became of mails to it."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from accounts.client import Account, Delivery, Invitation, RecoveryKind
from helpdesk.desk.agent_recoveries import Wanted
from helpdesk.desk.errors import NeedsSecondPersonError
from helpdesk.desk.person import Address
from helpdesk.desk.radar import Warned
from helpdesk.desk.staff import read_staff
from helpdesk.services import services_of
from helpdesk.web.console_approvals import answer_second_person
from helpdesk.web.console_frames import RequestRecovery
from helpdesk.web.console_requests import asking, refusing, shown_message
from helpdesk.web.frames import read_body
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import Json, moment
from helpdesk.web.visitors import address_of

console_person = Blueprint("console_person", url_prefix="/api/console")


@console_person.get("/conversations/<conversation_id:str>/person")
async def show_person(request: Request, conversation_id: str) -> HTTPResponse:
    """Answer who is behind a conversation; a look at an account is audited first."""
    agent, wanted = await asking(request), read_id(conversation_id)
    services = services_of(request)
    person = await services.people.behind(agent, wanted)
    now = services.clock.now()
    staff = await services.record.read(lambda session: read_staff(session, now))
    summary = services.console_presentation.summary
    look, problem = person.look, person.problem
    return json(
        {
            "earlier": [summary(line, staff) for line in person.earlier],
            "address": _address(person.address) if person.address else None,
            "account": _account(look.account) if look and look.account else None,
            "deliveries": [_delivery(each) for each in look.deliveries] if look else [],
            "delivery_note": services.delivery_notes.explain(look) if look else None,
            "problem": services.account_words.for_look(problem) if problem else None,
            "warnings": [_warning(each) for each in person.warnings],
        }
    )


@console_person.post("/conversations/<conversation_id:str>/recoveries")
async def request_recovery(request: Request, conversation_id: str) -> HTTPResponse:
    """Have a new invitation or a password reset sent to a contact."""
    agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, RequestRecovery)
    services = services_of(request)
    digest = services.desk.action_limits.digest_of(address_of(request))
    pressed = Wanted(body.client_id, RecoveryKind(body.kind), body.email, digest)

    async def act() -> HTTPResponse:
        try:
            message = await services.agent_recoveries.request(agent, wanted, pressed)
        except NeedsSecondPersonError as error:
            return await answer_second_person(request, agent, error)
        shown = await shown_message(request, wanted, message.seq)
        return json({"message": shown}, status=202)

    return await refusing(request, act)


def _address(address: Address) -> Json:
    return {"email": address.email, "is_proven": address.is_proven}


def _warning(warned: Warned) -> Json:
    return {
        "kind": warned.reason.kind,
        "text": warned.reason.text,
        "needs_second_person": warned.needs_second_person,
    }


def _account(account: Account) -> Json:
    # No names: whoever typed somebody's address would get them from an agent in a chat.
    confirmed, logged_in = account.confirmed_at, account.last_login_at
    return {
        "state": account.state.value,
        "role": account.role.value,
        "site": account.site,
        "created_at": moment(account.created_at),
        "confirmed_at": moment(confirmed) if confirmed else None,
        "last_login_at": moment(logged_in) if logged_in else None,
        "invitation": _invitation(account.invitation) if account.invitation else None,
    }


def _invitation(invitation: Invitation) -> Json:
    return {
        "state": invitation.state.value,
        "issued_at": moment(invitation.issued_at),
        "expires_at": moment(invitation.expires_at),
    }


def _delivery(delivery: Delivery) -> Json:
    return {
        "kind": delivery.letter,
        "at": moment(delivery.queued_at),
        "state": delivery.state.value,
        "reason": delivery.reason,
        "events": [
            {"state": event.state.value, "at": moment(event.at)}
            for event in delivery.events
        ],
    }
