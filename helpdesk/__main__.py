"""Start of the help desk: `python -m helpdesk`."""

import logging
import os

from foundation.environment import SettingsError
from foundation.logs import log_to_stderr
from foundation.serving import serve
from foundation.start_checks import admit
from foundation.tracing import begin_tracing, end_tracing
from helpdesk.app import create_app
from helpdesk.services import HelpdeskApp
from helpdesk.settings import HelpdeskSettings
from helpdesk.start_checks import check_helpdesk


def main() -> int:
    """Run the service with settings from the environment."""
    try:
        log_to_stderr("helpdesk")
        settings = HelpdeskSettings.from_environment()
        admit(check_helpdesk(settings), settings.stage)
        begin_tracing("helpdesk")
        app = create_app(settings)
    except SettingsError as error:
        logging.getLogger("helpdesk").error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
        return 2
    return serve_help_desk(app, settings)


def serve_help_desk(app: HelpdeskApp, settings: HelpdeskSettings) -> int:
    """Serve where the settings say, until the end; return the exit status."""
    try:
        return serve(
            app,
            settings.host,
            settings.port,
            shares_port=settings.shares_port,
            private_port=settings.private_port,
        )
    finally:
        end_tracing()


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # A thread may still wait for the assistant; what it would bring is asked for again.
    os._exit(status)
