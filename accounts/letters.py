"""The account backend's mails, from `templates/mail/`."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

from accounts.words import Letter
from foundation.names import Names
from foundation.stationery import Envelope, Stationery, message_id


@dataclass(frozen=True)
class Writing:
    """What a letter is about, apart from the names of the product."""

    id: UUID
    letter: Letter
    email: str
    first_name: str = ""
    link: str = ""
    expires_at: datetime | None = None


class Letters:
    """Writes mails."""

    def __init__(self, names: Names, public_url: str, mail_from: str) -> None:
        self._stationery = Stationery("accounts", names, mail_from)
        self._public_url = public_url

    def write(self, writing: Writing, now: datetime) -> EmailMessage:
        """Return the finished message."""
        # The same for every attempt, so that a mail which was sent twice shows once.
        its_id = message_id(str(writing.id), self._public_url)
        envelope = Envelope(writing.email, its_id)
        return self._stationery.write(
            writing.letter, envelope, now, public_url=self._public_url, mail=writing
        )
