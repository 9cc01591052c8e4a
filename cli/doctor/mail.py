"""The mail servers and the mailbox for answers: signed in at, and nothing else."""

import imaplib
import smtplib
import ssl
from collections.abc import Iterator

from imap_tools import ImapToolsError

from cli.doctor.asking import WITHIN_S
from cli.doctor.check import accounts_of, helpdesk_of
from cli.doctor.finding import LeftOutError, first_line, found, reason_of, say
from cli.doctor.patient import Patient, is_named
from foundation.postman import Postman, SmtpSettings
from foundation.start_checks import Finding, is_loopback
from helpdesk.inbox import Inbox


def look_at_helpdesk(patient: Patient) -> Iterator[Finding]:
    """Find what keeps answers for contacts from being mailed."""
    smtp = helpdesk_of(patient).smtp
    # `up` lets the help desk mail where all others do, unless it is told.
    is_own = is_named("LATCHKEY_HELPDESK_SMTP_HOST")
    prefix = "LATCHKEY_HELPDESK_" if is_own else "LATCHKEY_"
    yield from _look(patient, smtp, say("places", "record"), prefix)


def look_at_accounts(patient: Patient) -> Iterator[Finding]:
    """Find what keeps mails about accounts from being sent."""
    smtp = accounts_of(patient).smtp
    if patient.helpdesk is not None and _same(smtp, patient.helpdesk.smtp):
        return  # it has been looked at
    yield from _look(patient, smtp, say("places", "accounts"), "LATCHKEY_")


def look_at_inbox(patient: Patient) -> Iterator[Finding]:
    """Find what keeps answers by mail from being read."""
    settings = helpdesk_of(patient).inbox
    if settings is None:
        raise LeftOutError("not_set")
    try:
        Inbox(settings).check(WITHIN_S)
    except (imaplib.IMAP4.abort, OSError) as error:
        yield found("LK281", reason=reason_of(error))
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        yield found("LK282", reason=first_line(str(error)))


def _look(
    patient: Patient, smtp: SmtpSettings, what: str, prefix: str
) -> Iterator[Finding]:
    if not smtp.host:
        raise LeftOutError("not_set")
    if is_loopback(smtp.host) and not patient.is_running:
        raise LeftOutError("not_running")
    facts = {"what": what, "prefix": prefix}
    try:
        is_offered = Postman(smtp).check(WITHIN_S)
    except smtplib.SMTPAuthenticationError as error:
        yield found("LK272", reason=_said(error), **facts)
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        is_about_tls = isinstance(error, ssl.SSLError) or "STARTTLS" in str(error)
        number = "LK273" if is_about_tls else "LK272"
        yield found(number, reason=reason_of(error), **facts)
    except smtplib.SMTPResponseException as error:
        place = {"host": smtp.host, "port": smtp.port}
        yield found("LK271", reason=_said(error), **place, **facts)
    except OSError as error:
        place = {"host": smtp.host, "port": smtp.port}
        yield found("LK271", reason=reason_of(error), **place, **facts)
    else:
        if not smtp.starttls and not is_loopback(smtp.host):
            yield from _in_clear(smtp, is_offered, facts)


def _in_clear(
    smtp: SmtpSettings, is_offered: bool, facts: dict[str, str]
) -> Iterator[Finding]:
    why = "offers" if is_offered else "signs_in" if smtp.username else ""
    if why:
        yield found("LK274", host=smtp.host, why=say("reasons", why), **facts)


def _same(one: SmtpSettings, other: SmtpSettings) -> bool:
    places = (
        (s.host, s.port, s.username, s.password, s.starttls) for s in (one, other)
    )
    return next(places) == next(places)


def _said(error: smtplib.SMTPResponseException) -> str:
    answer = error.smtp_error
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{error.smtp_code} {first_line(text)}"
