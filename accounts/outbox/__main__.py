"""Start of the development mailbox: `python -m accounts.outbox`."""

import logging
import sys

from accounts.outbox.mailbox import Mailbox
from accounts.outbox.settings import HOST, OutboxSettings
from accounts.outbox.smtp import open_smtp
from accounts.outbox.web import create_app
from foundation.environment import SettingsError
from foundation.logs import log_to_stderr
from foundation.serving import serve

log = logging.getLogger("accounts.outbox")


def main() -> int:
    """Run both sides of the mailbox until it is told to stop."""
    try:
        log_to_stderr("outbox")
        settings = OutboxSettings.from_environment()
        mailbox = Mailbox(settings.folder)
        smtp = open_smtp(settings, mailbox)
    except SettingsError as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
        return 2
    except OSError as error:
        log.error("the mailbox cannot start: %s", error)  # noqa: TRY400 - likewise
        return 1
    log.info(
        "mail to port %s is shown on http://%s:%s",
        settings.smtp_port,
        HOST,
        settings.http_port,
    )
    try:
        return serve(create_app(mailbox), HOST, settings.http_port)
    finally:
        smtp.stop()


if __name__ == "__main__":
    sys.exit(main())
