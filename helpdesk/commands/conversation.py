"""Commands about the conversation on the screen."""

from helpdesk.commands.arguments import Switch
from helpdesk.commands.call import Answer, Call, Result
from helpdesk.commands.registry import command
from helpdesk.desk.assignment import claim
from helpdesk.desk.audit import conversation_name
from helpdesk.desk.conversations import lock_conversation
from helpdesk.desk.handoff import hand_back
from helpdesk.store.words import Role


@command("bot", role=Role.AGENT)
def bot(call: Call, switch: Switch) -> Result:
    """Have the assistant speak in the conversation on your screen, or keep it silent.

    `off` takes the conversation over, `on` hands it back.
    """
    words, office, now = call.room.words, call.room.office, call.step.now
    if call.shown is None:
        return Answer(words.nothing_shown)
    if switch == "off":
        change = claim(call.session, office, call.agent, call.shown, now)
    else:
        epoch = lock_conversation(call.session, call.shown).owner_epoch
        change = hand_back(call.session, office, call.agent, call.shown, epoch, now)
    call.step.others.append(change)
    if change.is_news:
        done = "claimed" if switch == "off" else "handed_back"
        where = conversation_name(call.shown)
        call.note(f"conversation.{done}", where, {"conversation": call.shown})
    return Answer(words.bot_off if switch == "off" else words.bot_on)
