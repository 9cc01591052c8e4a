"""What agents are told when the account backend does not do what they want."""

from dataclasses import dataclass

from helpdesk.desk.account_backend import BackendError
from helpdesk.desk.word_files import texts_for

FILE = "console/problems.yml"
NOT_CONFIGURED = "not_configured"
NOBODY_IN = frozenset({"unauthorized", "forbidden"})


@dataclass(frozen=True)
class AccountWords:
    """See templates/console/problems.yml."""

    account_away: str
    account_not_configured: str
    account_refused: str
    request_unknown: str
    request_refused: str
    request_not_configured: str
    too_many_mails: str
    bad_address: str
    withdraw_used: str
    withdraw_nothing: str
    withdraw_unknown: str
    withdraw_refused: str

    def for_look(self, code: str) -> str:
        """Return why an account cannot be shown."""
        if code == NOT_CONFIGURED:
            return self.account_not_configured
        return self.account_refused if code in NOBODY_IN else self.account_away

    def for_request(self, error: BackendError) -> str:
        """Return what became of a request for a mail."""
        if error.code == NOT_CONFIGURED:
            return self.request_not_configured
        return self.request_refused if error.is_certain else self.request_unknown

    def for_withdrawal(self, error: BackendError) -> str:
        """Return what became of a wish to withdraw a link."""
        if error.code == NOT_CONFIGURED:
            return self.account_not_configured
        return self.withdraw_refused if error.is_certain else self.withdraw_unknown


def read_account_words() -> AccountWords:
    """Read them."""
    return AccountWords(**texts_for(AccountWords, FILE))
