"""Taking back the link of a mail that was just sent."""

from accounts.client import AccountsError, Recovery
from actions.backend import call_as_staff, staff_client
from actions.command import DONE, REFUSED, UNKNOWN, Answer, Command, trouble_words
from actions.receipts import ACCEPTED, WITHDRAWN, Receipt, receipt_for, result_of

REFUSALS = {
    "no_recovery": "utter_undo_unknown",
    "already_used": "utter_undo_used",
    "nothing_to_withdraw": "utter_undo_nothing",
}


async def undo(command: Command) -> Answer:
    """Withdraw what a recovery sent; doing it twice changes nothing."""
    words, key, client = command.words, command.text("key"), staff_client()
    known = await call_as_staff(client.get_recovery, key) if key else None
    if known is None:
        return Answer(words.say("utter_undo_unknown"), REFUSED)
    facts = {"key": key, "address": known.email}
    try:
        await call_as_staff(client.withdraw_recovery, key)
    except AccountsError as error:
        response = REFUSALS.get(error.code)
        text = words.say(response) if response else trouble_words(words, error)
        result = REFUSED if error.permanent else UNKNOWN
        receipt = _receipt(known, result_of(error))
        return Answer(text, result, facts | {"code": error.code}, receipt=receipt)
    text = words.say("utter_undone", address=known.email or words.say("utter_them"))
    return Answer(text, DONE, facts, receipt=_receipt(known, ACCEPTED))


def _receipt(known: Recovery, result: str) -> Receipt:
    kind, key = known.kind.value, known.key
    return receipt_for(kind, known.email, key, result, action=WITHDRAWN)
