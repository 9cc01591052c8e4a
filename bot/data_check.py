"""What Rasa's data check cannot see: what actions say, and what only buttons carry.

`rasa data validate` reads stories and rules, so it takes every response that an action or
a form utters for forgotten. Those are told apart here; a response that really nobody says
is still warned of.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Iterable, Set, Text

from rasa.shared.core.domain import Domain

# The words of the classifier, of buttons and of the help desk.
NEVER_TYPED = (
    "ambiguous",
    "renew_link",
    "report_link",
    "run_command",
    "search_articles",
    "share_file",
)
# `utter_action` is Rasa's word for the name of a response.
_RESPONSE = re.compile(r"\butter_(?!action\b)[a-z_]+\b")


def said_by_actions(folder: Path) -> Set[Text]:
    """Return the responses that the actions in a folder name."""
    sources = (path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    return {name for source in sources for name in _RESPONSE.findall(source)}


def asked_by_forms(domain: Domain) -> Set[Text]:
    """Return the questions of the forms, for all slots that a form may ask for."""
    slots = {slot.name for slot in domain.slots} if domain.forms else set()
    return {f"utter_ask_{slot}" for slot in slots}


def expect(responses: Iterable[Text]) -> None:
    """Let no warning be given of these responses, nor of what is never typed."""
    for name in responses:
        ignored = f"The utterance '{name}' is not used in any story"
        warnings.filterwarnings("ignore", ignored, UserWarning)
    for name in NEVER_TYPED:
        ignored = f"The intent '{name}' is listed in the domain file, but is not found"
        warnings.filterwarnings("ignore", ignored, UserWarning)
