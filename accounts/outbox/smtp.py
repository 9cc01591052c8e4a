"""The mailbox's SMTP side."""

import logging

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from accounts.outbox.mailbox import Mailbox
from accounts.outbox.settings import HOST, OutboxSettings

log = logging.getLogger(__name__)

LARGEST_MAIL_BYTES = 10 * 1024 * 1024


class Receiver:
    """Takes what a client sends and puts it into the mailbox."""

    def __init__(self, mailbox: Mailbox, refuse: tuple[str, ...]) -> None:
        self._mailbox = mailbox
        self._refuse = refuse

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Accept a recipient, unless it is one that shall bounce."""
        if address.lower() in self._refuse:
            return "550 5.1.1 There is no mailbox of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        content = envelope.content
        self._mailbox.keep(
            content if isinstance(content, bytes) else str(content).encode(),
            [
                address.replace("\r", "").replace("\n", "")
                for address in envelope.rcpt_tos
            ],
        )
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Answer an error without a traceback."""
        log.warning("a mail was not kept: %s", type(error).__name__)
        return "451 4.3.0 The mailbox could not keep this"


def open_smtp(settings: OutboxSettings, mailbox: Mailbox) -> Controller:
    """Start receiving; the caller stops the returned controller."""
    controller = Controller(
        Receiver(mailbox, settings.refuse),
        hostname=HOST,
        port=settings.smtp_port,
        data_size_limit=LARGEST_MAIL_BYTES,
        server_hostname="outbox.latchkey.localhost",
    )
    controller.start()
    return controller
