"""Mails as text: a template's words become a message with a plain and an HTML part."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from urllib.parse import urlsplit
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined

from accounts.words import Letter
from foundation.names import Names

IS_LINK = re.compile(r"https?://\S+")


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
    """Writes mails from `templates/mail/`."""

    def __init__(self, names: Names, public_url: str, mail_from: str) -> None:
        self._names = names
        self._public_url = public_url
        self._mail_from = mail_from
        loader = PackageLoader("accounts", "templates/mail")
        shared = {"loader": loader, "undefined": StrictUndefined}
        self._text = Environment(**shared, autoescape=False)  # type: ignore[arg-type] # noqa: S701 - plain text
        self._html = Environment(**shared, autoescape=True)  # type: ignore[arg-type]

    def write(self, writing: Writing, now: datetime) -> EmailMessage:
        """Return the finished message."""
        template = self._text.get_template(f"{writing.letter}.txt")
        text = template.render(
            names=self._names, public_url=self._public_url, mail=writing
        )
        subject, _, body = text.partition("\n")
        paragraphs = [part.strip() for part in re.split(r"\n\s*\n", body.strip())]
        message = EmailMessage()
        message["Subject"] = subject.removeprefix("Subject:").strip()
        message["From"] = formataddr((self._names.product, self._mail_from))
        message["To"] = writing.email
        message["Date"] = format_datetime(now)
        message["Message-ID"] = self._message_id(writing.id)
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content("\n\n".join(paragraphs) + "\n", cte="quoted-printable")
        message.add_alternative(self._page(message["Subject"], paragraphs), "html")
        return message

    def _page(self, subject: str, paragraphs: list[str]) -> str:
        layout = self._html.get_template("layout.html")
        return layout.render(
            names=self._names,
            subject=subject,
            parts=[(part, bool(IS_LINK.fullmatch(part))) for part in paragraphs],
        )

    def _message_id(self, mail_id: UUID) -> str:
        # The same for every attempt, so that a mail which was sent twice shows once.
        return f"<{mail_id}@{urlsplit(self._public_url).hostname or 'localhost'}>"
