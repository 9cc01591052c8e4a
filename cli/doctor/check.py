"""What a check is, and what most of them need to begin with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accounts.settings import AccountsSettings
from cli.doctor.finding import LeftOutError
from cli.doctor.patient import Patient
from foundation.start_checks import Finding
from helpdesk.settings import HelpdeskSettings


@dataclass(frozen=True)
class Check:
    """One look at an installation.

    Attributes:
        name: What is looked at, as words.yml names it.
        look: Yields findings, or raises `LeftOutError`.
        only_running: Whether there is something to look at only while it runs.
    """

    name: str
    look: Callable[[Patient], Iterable[Finding]]
    only_running: bool = False


def helpdesk_of(patient: Patient) -> HelpdeskSettings:
    """Return the help desk's settings.

    Raises:
        LeftOutError: There are none.
    """
    if patient.helpdesk is None:
        raise LeftOutError("no_helpdesk")
    return patient.helpdesk


def accounts_of(patient: Patient) -> AccountsSettings:
    """Return the account backend's settings.

    Raises:
        LeftOutError: There are none.
    """
    if patient.accounts is None:
        raise LeftOutError("no_accounts")
    return patient.accounts
