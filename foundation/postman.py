"""Handing one message over to the SMTP server, and what the server made of it."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

from foundation.addresses import mask_addresses
from foundation.environment import Environment

TIMEOUT_SECONDS = 10.0
PERMANENT = 500


class Handover(StrEnum):
    """How an attempt ended."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # to be tried again
    BOUNCED = "bounced"  # refused for good


@dataclass(frozen=True)
class Outcome:
    """What an attempt came to, and why."""

    state: Handover
    reason: str | None = None


@dataclass(frozen=True)
class SmtpSettings:
    """Where mail is handed over, and who it is from."""

    host: str
    port: int
    username: str
    password: str
    starttls: bool
    mail_from: str

    @classmethod
    def from_environment(
        cls, read: Environment, prefix: str, *, host: str, mail_from: str
    ) -> "SmtpSettings":
        """Read the variables that begin with a prefix.

        Args:
            read: The environment.
            prefix: How their names begin, as in `LATCHKEY_`.
            host: The server if none is named.
            mail_from: The sender if none is named.
        """
        return cls(
            host=read.text(f"{prefix}SMTP_HOST", host),
            port=read.port(f"{prefix}SMTP_PORT", 1025),
            username=read.text(f"{prefix}SMTP_USERNAME", ""),
            password=read.secret(f"{prefix}SMTP_PASSWORD"),
            starttls=read.flag(f"{prefix}SMTP_STARTTLS"),
            mail_from=read.text(f"{prefix}MAIL_FROM", mail_from),
        )


class Postman:
    """Talks to one SMTP server, one connection per mail."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def deliver(self, message: EmailMessage, email: str) -> Outcome:
        """Try once; a failure is an outcome, never an exception."""
        try:
            self._hand_over(message, email)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = error.recipients.get(email, (0, b""))
            return _refused(code, answer)
        except smtplib.SMTPDataError as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPResponseException as error:
            # Not about this person's mailbox: a wrong password or sender is ours to
            # repair, so the mail waits.
            return _deferred(f"{error.smtp_code} {_readable(error.smtp_error)}")
        except smtplib.SMTPException as error:
            return _deferred(f"{type(error).__name__}: {_readable(str(error))}")
        except OSError as error:
            why = error.strerror or type(error).__name__
            return _deferred(f"the mail server cannot be reached: {why}")
        return Outcome(Handover.ACCEPTED)

    def check(self, within_s: float = TIMEOUT_SECONDS) -> bool:
        """Sign in at the server and send nothing.

        Returns:
            Whether it offers encryption that is not made use of.

        Raises:
            OSError: It cannot be reached, or refuses; `smtplib` says more.
        """
        with self._signed_in(within_s) as server:
            server.ehlo_or_helo_if_needed()
            return not self._settings.starttls and server.has_extn("starttls")

    def _hand_over(self, message: EmailMessage, email: str) -> None:
        with self._signed_in(TIMEOUT_SECONDS) as server:
            server.send_message(message, self._settings.mail_from, [email])

    @contextmanager
    def _signed_in(self, within_s: float) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        with smtplib.SMTP(settings.host, settings.port, timeout=within_s) as server:
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.username:
                server.login(settings.username, settings.password)
            yield server


def _refused(code: int, answer: bytes | str) -> Outcome:
    reason = f"{code} {_readable(answer)}"
    if code >= PERMANENT:
        return Outcome(Handover.BOUNCED, reason)
    return _deferred(reason)


def _deferred(reason: str) -> Outcome:
    return Outcome(Handover.DEFERRED, reason)


def _readable(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return mask_addresses(" ".join(text.split()))
