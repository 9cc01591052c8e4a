"""Why a mail did not come, in words for agents; see templates/console/delivery_notes.yml."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.desk.account_backend import AccountLook
from helpdesk.desk.sentences import fill
from helpdesk.desk.word_files import read_word_file

FILE = "console/delivery_notes.yml"
LONGEST_WORDS = 200


@dataclass(frozen=True)
class DeliveryNotes:
    """Explains the ledger; moments are told in `zone`."""

    sentences: Mapping[str, str]
    reasons: Mapping[str, str]
    servers: Sequence[tuple[re.Pattern[str], str]]
    zone: ZoneInfo

    def explain(self, look: AccountLook) -> str | None:
        """Return what became of the newest mail, and whether mail is held back."""
        held = look.suppression
        if held is not None:
            return self._say("held_back", held.since, held.reason)
        if not look.deliveries:
            return None
        newest = max(look.deliveries, key=lambda delivery: delivery.queued_at)
        return self._say(newest.state.value, newest.updated_at, newest.reason)

    def why(self, reason: str | None) -> str:
        """Return a reason of the ledger in words that end a sentence."""
        said = (reason or "").strip()[:LONGEST_WORDS]
        for begins, why in self.reasons.items():
            if said.startswith(begins):
                return why
        for pattern, why in self.servers:
            if pattern.search(said):
                return why
        if not said:
            return self.sentences["no_words"]
        return fill(self.sentences["own_words"], words=said.rstrip("."))

    def _say(self, sentence: str, at: datetime, reason: str | None) -> str:
        local = at.astimezone(self.zone)
        day, time = f"{local.day} {local:%B}", f"{local:%H:%M}"
        said = fill(self.sentences[sentence], day=day, time=time)
        return fill(said, why=self.why(reason))


def read_delivery_notes(zone: ZoneInfo) -> DeliveryNotes:
    """Read the words."""
    content = read_word_file(FILE)
    return DeliveryNotes(
        {name: text.strip() for name, text in content.items() if isinstance(text, str)},
        content["reasons"],
        [
            (re.compile(each["when"], re.IGNORECASE), each["why"])
            for each in content["servers"]
        ],
        zone,
    )
