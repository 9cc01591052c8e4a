"""Mails as text: a template's words become a message with a plain and an HTML part."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from urllib.parse import urlsplit

from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)

from foundation.names import Names

FOLDER = "templates/mail"
IS_LINK = re.compile(r"https?://\S+")
BLANK_LINES = re.compile(r"\n\s*\n")
TIDY = {"trim_blocks": True, "lstrip_blocks": True}  # lines of a tag alone


@dataclass(frozen=True)
class Envelope:
    """Who a mail goes to, and how mail programs tell it from others."""

    email: str
    message_id: str


class Stationery:
    """Writes mails from the folder `templates/mail` of a package.

    A template `<name>.txt` begins with a line `Subject: …`. If there is a `<name>.html`
    too, it is the HTML part; otherwise that is made of the text's paragraphs, by the
    package's `layout.html`, which may extend `foundation/layout.html`.

    Args:
        package: Whose templates.
        names: Of the product and its people.
        mail_from: The sender's address.
    """

    def __init__(self, package: str, names: Names, mail_from: str) -> None:
        self._names = names
        self._mail_from = mail_from
        own = PackageLoader(package, FOLDER)
        base = PrefixLoader({"foundation": PackageLoader("foundation", FOLDER)})
        loader = ChoiceLoader([own, base])
        shared = {"loader": loader, "undefined": StrictUndefined, **TIDY}
        self._text = Environment(**shared, autoescape=False)  # type: ignore[arg-type] # noqa: S701 - plain text
        self._html = Environment(**shared, autoescape=True)  # type: ignore[arg-type]
        self._pages = set(own.list_templates())

    def write(
        self, template: str, envelope: Envelope, now: datetime, **values: object
    ) -> EmailMessage:
        """Return the finished message.

        Args:
            template: The name of the template.
            envelope: Who it goes to.
            now: The moment.
            values: What the template needs.
        """
        text = self._text.get_template(f"{template}.txt").render(
            names=self._names, **values
        )
        subject, _, body = text.partition("\n")
        paragraphs = [part.strip() for part in BLANK_LINES.split(body.strip())]
        message = EmailMessage()
        message["Subject"] = subject.removeprefix("Subject:").strip()
        message["From"] = formataddr((self._names.product, self._mail_from))
        message["To"] = envelope.email
        message["Date"] = format_datetime(now)
        message["Message-ID"] = envelope.message_id
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content("\n\n".join(paragraphs) + "\n", cte="quoted-printable")
        page = self._page(template, message["Subject"], paragraphs, values)
        message.add_alternative(page, "html")
        return message

    def _page(
        self,
        template: str,
        subject: str,
        paragraphs: list[str],
        values: dict[str, object],
    ) -> str:
        own = f"{template}.html"
        page = self._html.get_template(own if own in self._pages else "layout.html")
        return page.render(
            names=self._names,
            subject=subject,
            parts=[(part, bool(IS_LINK.fullmatch(part))) for part in paragraphs],
            **values,
        )


def message_id(name: str, public_url: str) -> str:
    """Return a Message-ID: the same name, the same id."""
    return f"<{name}@{urlsplit(public_url).hostname or 'localhost'}>"
