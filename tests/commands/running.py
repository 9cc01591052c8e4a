"""Runs a help desk to which commands are given, with a scripted assistant behind it."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant


def run_commanded(
    folder: Path, assistant: ScriptedAssistant, *, second_admin_for: str
) -> AbstractContextManager[HelpdeskRun]:
    """Start one that carries bulk commands out quickly; stop it at the end.

    Args:
        folder: Where the record and the log go.
        assistant: Who answers.
        second_admin_for: What a second admin has to agree to.
    """
    return run_helpdesk(
        folder,
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_LIMIT_FACTOR="1000",
        LATCHKEY_SECOND_ADMIN_FOR=second_admin_for,
        LATCHKEY_BULK_PER_MINUTE="6000",
    )
