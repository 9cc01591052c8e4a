"""The composition root of the account service: the one place that knows every part."""

import asyncio
import logging

from sanic import Sanic
from sanic.config import Config

from accounts.api import api, health
from accounts.database import open_database
from accounts.letters import Letters
from accounts.links import Links
from accounts.look import STATIC_FOLDER
from accounts.measures import Measures
from accounts.pages import pages
from accounts.refusals import refusals
from accounts.seed import seed_if_empty
from accounts.services import AccountsApp, Services
from accounts.settings import AccountsSettings
from accounts.watching import watch
from accounts.worker import Worker
from foundation.clock import Clock, SystemClock
from foundation.postman import Postman

log = logging.getLogger(__name__)

LARGEST_REQUEST_BYTES = 64 * 1024
STOP_SECONDS = 1.0
SYSTEM_CLOCK = SystemClock()


def create_app(settings: AccountsSettings, clock: Clock = SYSTEM_CLOCK) -> AccountsApp:
    """Put the service together; nothing is opened or started before the server is.

    Args:
        settings: What the service must be told.
        clock: Where it gets the time from.
    """
    services = _assemble(settings, clock)
    config = Config(
        {
            "REQUEST_MAX_SIZE": LARGEST_REQUEST_BYTES,
            "GRACEFUL_SHUTDOWN_TIMEOUT": STOP_SECONDS,
            "FALLBACK_ERROR_FORMAT": "text",
            "ACCESS_LOG": False,
        },
        env_prefix="",
    )
    app = Sanic("accounts", config=config, ctx=services, configure_logging=False)
    app.blueprint(api)
    app.blueprint(health)
    app.blueprint(pages)
    app.static("/static", STATIC_FOLDER, name="static")
    refusals.answer_in(app)
    watch(app)
    app.before_server_start(_open)
    app.after_server_stop(_close)
    return app


def _assemble(settings: AccountsSettings, clock: Clock) -> Services:
    database = open_database(settings.database_url)
    links = Links(settings.secret, settings.public_url)
    letters = Letters(settings.names, settings.public_url, settings.smtp.mail_from)
    postman, measures = Postman(settings.smtp), Measures()
    worker = Worker(database, clock, links, letters, postman, measures)
    return Services(settings, clock, database, links, worker, measures)


async def _open(app: AccountsApp) -> None:
    services = app.ctx
    await asyncio.to_thread(services.database.migrate)
    if services.settings.seed and await asyncio.to_thread(
        seed_if_empty, services.database, services.links, services.clock.now()
    ):
        log.info("seeded an empty database with the people of accounts/seed.py")
    services.worker.start()
    log.info("the account service listens on %s", services.settings.public_url)


async def _close(app: AccountsApp) -> None:
    services = app.ctx
    await asyncio.to_thread(services.worker.stop, STOP_SECONDS)
    services.database.close()
