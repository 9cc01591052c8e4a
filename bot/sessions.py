"""When a conversation begins anew: a rest ends a subject, but not an open question.

Rasa begins a new session with the first message after a rest and forgets the open form.
"Yes, send it", pressed after lunch, would then be the answer to nothing, and no mail would
go out although the button was still there.
"""

from __future__ import annotations

import time
from contextvars import ContextVar

from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

QUESTION_STANDS_S = 24 * 3600  # for words; a button says itself what it answers

_pressed: ContextVar[bool] = ContextVar("pressed", default=False)
_is_past_rest = MessageProcessor._has_session_expired


def note_press(is_pressed: bool) -> None:
    """Have this task's turn taken for a pressed button, or for words."""
    _pressed.set(is_pressed)


def _has_ended(processor: MessageProcessor, tracker: DialogueStateTracker) -> bool:
    if _pressed.get() or not _is_past_rest(processor, tracker):
        return False
    newest = tracker.latest_message
    if tracker.active_loop_name is None or newest is None:
        return True
    return time.time() - newest.timestamp > QUESTION_STANDS_S


def install() -> None:
    """Let this process end sessions so. Calling it again changes nothing."""
    MessageProcessor._has_session_expired = _has_ended
