"""Start of the account service: `python -m accounts`."""

import logging
import sys

from accounts.app import create_app
from accounts.environment import SettingsError
from accounts.logs import log_to_stderr
from accounts.serving import serve
from accounts.settings import AccountsSettings


def main() -> int:
    """Run the service with settings from the environment."""
    log_to_stderr()
    try:
        settings = AccountsSettings.from_environment()
        app = create_app(settings)
    except SettingsError as error:
        logging.getLogger("accounts").error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
        return 2
    return serve(app, settings.host, settings.port)


if __name__ == "__main__":
    sys.exit(main())
