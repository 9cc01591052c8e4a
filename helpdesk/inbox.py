"""The client of the mailbox in which contacts' answers arrive (IMAP).

What is taken is marked as read, what is left to people as flagged; nothing is deleted or
moved. Whatever is neither read nor flagged is looked at again.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote, urlsplit

from imap_tools import (
    AND,
    BaseMailBox,
    MailBox,
    MailBoxStartTls,
    MailBoxUnencrypted,
    MailMessage,
    MailMessageFlags,
)

from foundation.addresses import AddressError, normalise_address
from foundation.environment import Environment, SettingsError

TIMEOUT_SECONDS = 10.0
AT_ONCE_MOST = 20
LARGEST_MAIL_BYTES = 30 * 1024 * 1024
HERE = {"127.0.0.1", "::1", "localhost"}
PORTS = {"imaps": 993, "imap": 143}
URL, ADDRESS = "LATCHKEY_INBOUND_IMAP_URL", "LATCHKEY_INBOUND_ADDRESS"


class Verdict(Enum):
    """What became of a mail, as the flags that say so."""

    READ = (MailMessageFlags.SEEN,)
    LEFT = (MailMessageFlags.FLAGGED,)  # for people to look at
    PARTLY = (MailMessageFlags.SEEN, MailMessageFlags.FLAGGED)  # read without a file


Handle = Callable[[MailMessage], Verdict]


@dataclass(frozen=True)
class InboxSettings:
    """Where answers arrive, and the address that they are sent to."""

    host: str
    port: int
    username: str
    password: str
    folder: str
    is_encrypted: bool  # from the first byte
    address: str

    @classmethod
    def from_environment(cls, read: Environment) -> "InboxSettings | None":
        """Read them; None if answers are not read.

        Raises:
            SettingsError: One of them is missing or wrong.
        """
        url, address = read.secret(URL), read.text(ADDRESS, "")
        if not url and not address:
            return None
        if not url or not address:
            raise SettingsError(f"Set both {URL} and {ADDRESS}, or neither.")
        try:
            parts = urlsplit(url)
            port = parts.port
            normalise_address(address)
        except AddressError as error:
            raise SettingsError(f"{ADDRESS} must be an e-mail address.") from error
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in PORTS or not (parts.hostname and parts.username):
            wanted = "imaps://user:password@host/INBOX"
            raise SettingsError(f"{URL} must look like {wanted}.")
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            username=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            is_encrypted=parts.scheme == "imaps",
            address=address,
        )


class Inbox:
    """Looks into one folder, a connection each time."""

    def __init__(self, settings: InboxSettings) -> None:
        self._settings = settings

    def visit(self, handle: Handle) -> int:
        """Hand over the mails that are new, oldest first, and mark them; return how many.

        Raises:
            OSError: The server cannot be reached, or the line broke.
            imaplib.IMAP4.error: It refuses.
            imap_tools.ImapToolsError: Likewise.
        """
        settings = self._settings
        with self._connect().login(
            settings.username, settings.password, settings.folder
        ) as box:
            new = AND(seen=False, flagged=False)
            heads = list(
                box.fetch(new, limit=AT_ONCE_MOST, mark_seen=False, headers_only=True)
            )
            for head in heads:
                self._show(box, head, handle)
        return len(heads)

    def check(self, within_s: float = TIMEOUT_SECONDS) -> None:
        """Sign in and open the folder, and do nothing in it.

        Raises:
            OSError: The server cannot be reached, or the line broke.
            imaplib.IMAP4.error: It refuses.
            imap_tools.ImapToolsError: Likewise.
        """
        settings = self._settings
        with self._connect(within_s).login(
            settings.username, settings.password, settings.folder
        ):
            pass

    def _show(self, box: BaseMailBox, head: MailMessage, handle: Handle) -> None:
        if head.uid is None:
            return
        whole = _read_whole(box, head)
        verdict = Verdict.LEFT if whole is None else handle(whole)
        box.flag(head.uid, verdict.value, value=True)

    def _connect(self, within_s: float = TIMEOUT_SECONDS) -> BaseMailBox:
        settings = self._settings
        host, port = settings.host, settings.port
        if settings.is_encrypted:
            context = ssl.create_default_context()
            return MailBox(host, port, within_s, ssl_context=context)
        if host in HERE:
            return MailBoxUnencrypted(host, port, within_s)
        context = ssl.create_default_context()
        return MailBoxStartTls(host, port, within_s, ssl_context=context)


def _read_whole(box: BaseMailBox, head: MailMessage) -> MailMessage | None:
    """Return a mail with all its parts; None if it is too large, or no parser takes it."""
    if head.size_rfc822 > LARGEST_MAIL_BYTES:
        return None
    try:
        return next(box.fetch(uid_list=str(head.uid), mark_seen=False), None)
    except (RecursionError, ValueError, LookupError):  # parts in parts in parts
        return None
