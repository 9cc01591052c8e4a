"""Carrying a line out: who may, what it returns, and whether somebody else has to agree.

The role is asked first, here and nowhere else, so no command can forget it.
"""

import re
from typing import Any

from foundation.addresses import addresses_in
from helpdesk.commands.arguments import read_number
from helpdesk.commands.call import Answer, Ask, Call, Result
from helpdesk.commands.reading import Line
from helpdesk.commands.refusals import say_not_allowed, say_problem, say_unknown
from helpdesk.commands.registry import Command, allowed_for
from helpdesk.desk.approvals import Wish
from helpdesk.desk.audit import conversation_name
from helpdesk.desk.bursts import AT_ONCE, settle_time
from helpdesk.desk.command_payloads import write_payload
from helpdesk.desk.errors import DeskError
from helpdesk.desk.risks import Risk
from helpdesk.desk.turns import OpenTurn, Saying, add_to_turn
from helpdesk.store.models import Message
from helpdesk.store.words import Kind, Role, Sender

GIVEN, REFUSED = "command.given", "command.refused"
PLAUSIBLE = re.compile(r"[a-z][a-z-]{0,23}")  # a name; what else was typed is nobody's


def carry_out(call: Call, line: Line) -> OpenTurn | None:
    """Do what a line says, or say why not; return what the assistant is to do."""
    result = _result(call, line)
    if isinstance(result, Ask):
        return have_done(call, result, line.kept)
    say(call, result)
    return None


def have_done(call: Call, ask: Ask, kept: str) -> OpenTurn:
    """Have the assistant do something for an agent."""
    payload = write_payload(ask.command, ask.arguments)
    return _add_turn(call, kept, payload)


def say_plainly(call: Call, text: str, payload: str | None) -> OpenTurn:
    """Have the assistant understand what an agent said, or pressed below an answer."""
    return _add_turn(call, text, payload)


def say(call: Call, answer: Answer) -> Message | None:
    """Say an answer of the help desk itself; an empty one is none."""
    if not answer.text:
        return None
    details = dict(answer.facts)
    if answer.buttons:
        details["buttons"] = [vars(button) for button in answer.buttons]
    return call.step.say(Sender.ASSISTANT, Kind.OUTGOING, answer.text, details=details)


def _add_turn(call: Call, text: str, payload: str | None) -> OpenTurn:
    agent = call.agent
    # Without a network address: what an office's line may ask for is for contacts.
    saying = Saying(text, payload, agent_id=agent.id, session_id=agent.session_id)
    wait = AT_ONCE if payload else settle_time(text)
    step = call.step
    return add_to_turn(call.session, step.conversation, saying, step.now, wait)


def _result(call: Call, line: Line) -> Result:
    words, command = call.room.words, line.command
    allowed = allowed_for(call.agent.role)
    if command is None:
        _audit_unknown(call, line)
        return say_unknown(words, line, allowed)
    if command not in allowed:
        _audit(call, REFUSED, command, line)
        return say_not_allowed(words, command)
    if line.problem is not None:
        return say_problem(words, line, command)
    result = _run(call, command, line)
    if command.role is not Role.AGENT:
        _audit(call, GIVEN, command, line)
    if isinstance(result, Ask) and command.risk is Risk.MAIL and not result.is_dry:
        return _second_thoughts(call, result, line) or result
    return result


def _run(call: Call, command: Command, line: Line) -> Result:
    """Run a command; what one that is refused had begun is undone, its line stays."""
    lists: tuple[list[Any], ...] = (
        *(call.step.more, call.step.others),
        *(call.notes, call.afters),
    )
    lengths = [len(each) for each in lists]
    try:
        with call.session.begin_nested():
            result = command.run(call, **line.values)
    except DeskError as error:
        for each, length in zip(lists, lengths):
            del each[length:]
        return Answer(error.message)
    return result


def _second_thoughts(call: Call, ask: Ask, line: Line) -> Answer | None:
    """Return why a mail is not sent now: somebody has to agree, or it is one too many."""
    room, session, now = call.room, call.session, call.step.now
    address = line.address
    reasons = room.approvals.reasons_for(session, call.agent, Risk.MAIL)
    if address is not None:
        reasons += room.radar.reasons(session, address, now)
    if reasons:
        wish = Wish(
            call.wish_id,
            call.step.conversation.id,
            ask.command,
            ask.arguments,
            line.kept,
            reasons,
            address,
        )
        asked = room.approvals.ask(session, call.agent, wish, now)
        call.step.more.extend(asked.told)
        next_step = room.approvals.answer_to(asked)
        return Answer(" ".join([*(reason.text for reason in reasons), next_step]))
    if address and not room.target_limits.may_mail_to(session, address, now):
        return Answer(room.account_words.too_many_mails)
    return None


def _audit(call: Call, action: str, command: Command, line: Line) -> None:
    flags = [each.flag for each in command.options if line.values.get(each.name)]
    # Numbers name a bulk command, a receipt or an approval, and nobody.
    numbers = {
        each.name: line.values[each.name]
        for each in command.parameters
        if each.kind.read is read_number and line.values.get(each.name)
    }
    options = {"options": flags} if flags else {}
    details = {"command": command.name, "conversation": call.step.conversation.id}
    call.note(action, _target(call, line), details | numbers | options)


def _audit_unknown(call: Call, line: Line) -> None:
    """Note that somebody tried a name that there is not, if it may be one at all."""
    name = line.name if PLAUSIBLE.fullmatch(line.name) else None
    details = {"unknown": name, "conversation": call.step.conversation.id}
    call.note(REFUSED, _target(call, line), details)


def _target(call: Call, line: Line) -> str:
    """Return whom a line is about, by pseudonym, or else where it was typed."""
    named = [line.address] if line.address else addresses_in(line.rest)
    if len(set(named)) == 1:
        return call.room.pseudonyms.target(named[0])
    return conversation_name(call.step.conversation.id)
