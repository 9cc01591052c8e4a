"""What a mail from a contact says: without what it quotes, and who it claims to be from.

Mails come from anywhere and may hold anything. Nothing here trusts them, and whatever
they hold is read in little time.
"""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from html.parser import HTMLParser

from imap_tools import MailMessage
from mailparser_reply import EmailReplyParser

from foundation.addresses import AddressError, normalise_address

LONGEST_ANSWER = 8_000
# The parser of quotes takes the square of a line's length, and of empty lines in a row.
LONGEST_PARSED, LONGEST_LINE = 12_000, 200
LONGEST_TEXT, LONGEST_PAGE = 100_000, 500_000
LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs"]
RULE = re.compile(r"[_-]{32,}")
ROBOTS = {"mailer-daemon", "postmaster", "no-reply", "noreply"}
MARKS = ("x-autoreply", "x-autorespond", "list-id")
PRECEDENCES = {"bulk", "junk", "list", "auto_reply"}
TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
THREAD = ("references", "in-reply-to")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")


@dataclass(frozen=True)
class Enclosed:
    """A file that came with a mail."""

    name: str
    content: bytes


def is_automatic(mail: MailMessage) -> bool:
    """Tell whether no person wrote it: a bounce, an absence, a list."""
    submitted = _header(mail, "auto-submitted").lower() or "no"
    is_marked = any(_all(mail, name) for name in MARKS)
    local = _sender(mail).partition("@")[0].lower()
    return (
        submitted.partition(";")[0].strip() != "no"
        or is_marked
        or _header(mail, "precedence").lower() in PRECEDENCES
        or _header(mail, "return-path").strip() == "<>"
        or mail.obj.get_content_type() == "multipart/report"
        or local in ROBOTS
    )


def sender_of(mail: MailMessage) -> str | None:
    """Return the address that the mail says it is from, in the form that is compared."""
    try:
        return normalise_address(_sender(mail))
    except AddressError:
        return None


def places_of(mail: MailMessage) -> list[str]:
    """Return where the token of a conversation may stand: recipients, then the thread."""
    return [text for name in (*TO, *THREAD) for text in _all(mail, name)]


def id_of(mail: MailMessage) -> str | None:
    """Return the Message-ID."""
    found = MESSAGE_ID.search(_header(mail, "message-id"))
    return found.group() if found else None


def answer_of(mail: MailMessage) -> str:
    """Return what the sender wrote, without what is quoted; empty if that is nothing."""
    text = mail.text[:LONGEST_TEXT]
    return _without_quotes(text if text.strip() else _plain(mail.html[:LONGEST_PAGE]))


def files_of(mail: MailMessage) -> list[Enclosed]:
    """Return the files, without the pictures that only decorate the text."""
    return [
        Enclosed(part.filename, part.payload)
        for part in mail.attachments
        if not (part.content_id and f"cid:{part.content_id}" in mail.html)
    ]


def _without_quotes(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    own = [line for line in lines if not line.startswith(">")]
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()
    kept = [line for line in tidy.splitlines() if not RULE.fullmatch(line)]
    # Only where the answer ends is asked for, so what a long line says does not matter.
    shown = "\n".join(line if len(line) <= LONGEST_LINE else "…" for line in kept)
    first = EmailReplyParser(languages=LANGUAGES).parse_reply(shown[:LONGEST_PARSED])
    if not first:  # written below what is quoted
        return tidy
    count = len(first.splitlines())
    is_all = len(shown) > LONGEST_PARSED and len(first) > LONGEST_ANSWER
    return tidy if is_all else "\n".join(kept[:count]).strip()


class _Text(HTMLParser):
    """Collects the words of a page, without what it quotes."""

    HIDDEN = frozenset({"style", "script", "head", "title", "blockquote"})
    BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.HIDDEN:
            self._hidden += 1
        elif tag in self.BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.HIDDEN:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(" ".join(data.split("\n")))


def _plain(html: str) -> str:
    page = _Text()
    page.feed(html)
    return "".join(page.words)


def _sender(mail: MailMessage) -> str:
    return parseaddr(_header(mail, "from"))[1]


def _header(mail: MailMessage, name: str) -> str:
    return next(iter(_all(mail, name)), "")


def _all(mail: MailMessage, name: str) -> list[str]:
    return [str(value) for value in mail.obj.get_all(name, [])]
