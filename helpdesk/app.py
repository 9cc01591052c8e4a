"""The composition root of the help desk: the one place that knows every part."""

import asyncio
import logging

from sanic import Sanic
from sanic.config import Config

from foundation.clock import Clock, SystemClock
from helpdesk.assistant import AssistantClient
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.articles import read_articles
from helpdesk.desk.buttons import offer_finder
from helpdesk.desk.chat import Desk
from helpdesk.desk.identity import IdentityVerifier
from helpdesk.desk.limits import RateLimits
from helpdesk.desk.search import SearchIndex
from helpdesk.desk.sentences import read_sentences
from helpdesk.desk.turn_worker import TurnWorker
from helpdesk.desk.visits import VisitTokens
from helpdesk.metrics import Metrics
from helpdesk.services import HelpdeskApp, Services
from helpdesk.settings import HelpdeskSettings
from helpdesk.store import open_database
from helpdesk.store.record import Record
from helpdesk.web.api_errors import answer_api_errors
from helpdesk.web.api_headers import add_headers
from helpdesk.web.blueprints import ALL
from helpdesk.web.hub import Hub
from helpdesk.web.presentation import Json, Presentation, found_json
from helpdesk.web.refusals import refusals
from helpdesk.web.socket import LARGEST_FRAME_BYTES

log = logging.getLogger(__name__)

LARGEST_REQUEST_BYTES = 64 * 1024
STOP_SECONDS = 3.0
FEW_RESULTS = 3
SYSTEM_CLOCK = SystemClock()


def create_app(settings: HelpdeskSettings, clock: Clock = SYSTEM_CLOCK) -> HelpdeskApp:
    """Put the service together; nothing is opened or started before the server is.

    Args:
        settings: What the service must be told.
        clock: Where it gets the time from.
    """
    config = Config(
        {
            "REQUEST_MAX_SIZE": LARGEST_REQUEST_BYTES,
            "WEBSOCKET_MAX_SIZE": LARGEST_FRAME_BYTES,
            "GRACEFUL_SHUTDOWN_TIMEOUT": STOP_SECONDS,
            "PROXIES_COUNT": settings.trusted_proxies or None,
            "FALLBACK_ERROR_FORMAT": "json",
            "ACCESS_LOG": False,
        },
        env_prefix="",
    )
    services = _assemble(settings, clock)
    app = Sanic("helpdesk", config=config, ctx=services, configure_logging=False)
    app.blueprint(ALL)
    add_headers(app)
    answer_api_errors(app)
    refusals.answer_in(app)
    app.before_server_start(_open)
    app.before_server_stop(_hand_back)
    app.after_server_stop(_close)
    return app


def _assemble(settings: HelpdeskSettings, clock: Clock) -> Services:
    database = open_database(settings.database_url)
    record, hub, metrics = Record(database), Hub(), Metrics()
    limits = RateLimits(settings.redis_url, settings.limit_factor)
    sentences = read_sentences(settings.names)
    assistant = AssistantClient(
        settings.rasa_url, turn_key=settings.turn_key, actor_key=settings.actor_key
    )
    articles = read_articles(settings.articles, settings.domain, settings.names)
    search = SearchIndex(articles)

    def find_results(text: str) -> list[Json]:
        found = search.search(text, FEW_RESULTS)
        return [found_json(each, settings.public_url) for each in found]

    action_limits = ActionLimits(settings.secret, settings.limit_factor)
    worker = TurnWorker(
        record,
        assistant,
        hub,
        sentences,
        find_results,
        action_limits,
        clock,
        metrics,
    )
    find_offer = offer_finder(articles, sentences.talk_to_person)
    desk = Desk(record, worker, hub, limits, action_limits, find_offer, clock, metrics)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        record=record,
        limits=limits,
        tokens=VisitTokens(settings.secret),
        identities=IdentityVerifier(settings.identity_keys),
        sentences=sentences,
        hub=hub,
        articles=articles,
        search=search,
        presentation=Presentation(settings.public_url),
        worker=worker,
        desk=desk,
        metrics=metrics,
    )


async def _open(app: HelpdeskApp) -> None:
    await asyncio.to_thread(app.ctx.database.migrate)
    await app.ctx.worker.start()
    log.info("the help desk listens on %s", app.ctx.settings.public_url)


async def _hand_back(app: HelpdeskApp) -> None:
    await app.ctx.worker.stop(STOP_SECONDS)


async def _close(app: HelpdeskApp) -> None:
    await asyncio.to_thread(app.ctx.record.close)
