"""Commands about what colleagues want and a second person has to agree to."""

from helpdesk.commands.arguments import Number
from helpdesk.commands.call import Answer, Call, Result
from helpdesk.commands.registry import command
from helpdesk.desk.approval_reading import list_approvals, number_of
from helpdesk.desk.errors import NotFoundError
from helpdesk.desk.sentences import fill
from helpdesk.store.words import Role


@command("approve", role=Role.LEAD)
def approve(call: Call, approval: Number) -> Result:
    """Agree to what a colleague wants; it is done at once, as theirs."""
    return _decide(call, approval, agrees=True)


@command("refuse", role=Role.LEAD)
def refuse(call: Call, approval: Number) -> Result:
    """Do not agree to what a colleague wants."""
    return _decide(call, approval, agrees=False)


def _decide(call: Call, number: str, *, agrees: bool) -> Result:
    words, now = call.room.words, call.step.now
    seen = list_approvals(call.session, call.agent, now)
    found = [each for each in seen if number_of(each) == number]
    if len(found) != 1:
        raise NotFoundError(fill(words.no_approval, number=number))
    after = call.room.approval_desk.settle(
        call.session, call.agent, found[0].id, approve=agrees, now=now
    )
    call.afters.append(after)
    return Answer(words.agreed if agrees else words.not_agreed)
