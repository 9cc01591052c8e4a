"""Start of the account service: `python -m accounts`."""

import logging
import sys

from accounts.app import create_app
from accounts.settings import AccountsSettings
from accounts.start_checks import check_accounts
from foundation.environment import SettingsError
from foundation.logs import log_to_stderr
from foundation.serving import serve
from foundation.start_checks import admit
from foundation.tracing import begin_tracing, end_tracing


def main() -> int:
    """Run the service with settings from the environment."""
    try:
        log_to_stderr("accounts")
        settings = AccountsSettings.from_environment()
        admit(check_accounts(settings), settings.stage)
        begin_tracing("accounts")
        app = create_app(settings)
    except SettingsError as error:
        logging.getLogger("accounts").error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
        return 2
    try:
        return serve(app, settings.host, settings.port)
    finally:
        end_tracing()


if __name__ == "__main__":
    sys.exit(main())
