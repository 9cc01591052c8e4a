"""The composition root of the help desk: the one place that knows every part."""

from dataclasses import dataclass, replace

from sanic import Sanic
from sanic.config import Config

from foundation.clock import Clock, SystemClock
from foundation.postman import Postman
from helpdesk.assistant_pool import AssistantPool
from helpdesk.commands.call import Room
from helpdesk.commands.catalogue import FIRST_WORDS
from helpdesk.commands.line import CommandLine
from helpdesk.commands.words import read_command_words
from helpdesk.desk.account_backend import AccountBackend
from helpdesk.desk.account_words import AccountWords, read_account_words
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.agent_desk import AgentDesk
from helpdesk.desk.agent_recoveries import AgentRecoveries
from helpdesk.desk.approval_desk import OTHERS, ApprovalDesk
from helpdesk.desk.approval_reading import RECOVERY
from helpdesk.desk.approval_words import read_approval_words
from helpdesk.desk.approvals import Approvals
from helpdesk.desk.articles import read_articles
from helpdesk.desk.bulk_checks import BulkChecks
from helpdesk.desk.buttons import offer_finder
from helpdesk.desk.chat import Desk
from helpdesk.desk.delivery_notes import read_delivery_notes
from helpdesk.desk.delivery_watch import DeliveryWatch
from helpdesk.desk.erasures import Erasures
from helpdesk.desk.ghost_drafts import GhostDrafts
from helpdesk.desk.ghost_writer import GhostWriter
from helpdesk.desk.identity import IdentityVerifier
from helpdesk.desk.known_devices import KnownDevices
from helpdesk.desk.letter_desk import LetterDesk
from helpdesk.desk.letter_inbox import LetterInbox
from helpdesk.desk.letter_tokens import LetterTokens
from helpdesk.desk.letter_worker import LetterWorker
from helpdesk.desk.letter_writing import LetterWriter
from helpdesk.desk.limits import RateLimits
from helpdesk.desk.link_autopsy import LinkAutopsy
from helpdesk.desk.office import Office
from helpdesk.desk.one_time_codes import OneTimeCodes
from helpdesk.desk.own_account import OwnAccounts
from helpdesk.desk.person import People
from helpdesk.desk.presence import AgentPresence
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.radar import Radar
from helpdesk.desk.receipt_desk import ReceiptDesk
from helpdesk.desk.retention import Retention
from helpdesk.desk.search import SearchIndex
from helpdesk.desk.sentences import read_sentences
from helpdesk.desk.sign_in import SignIns
from helpdesk.desk.signals import read_signals
from helpdesk.desk.single_sign_on import SingleSignOn
from helpdesk.desk.suggestions import Suggestions
from helpdesk.desk.target_limits import TargetLimits
from helpdesk.desk.topics import Topics
from helpdesk.desk.turn_actors import TurnActors
from helpdesk.desk.turn_worker import TurnWorker
from helpdesk.desk.understanding import Understanding
from helpdesk.desk.uploads import Uploads
from helpdesk.desk.visits import VisitTokens
from helpdesk.desk.watchman import Watchman
from helpdesk.inbox import Inbox
from helpdesk.metrics import Metrics
from helpdesk.running import STOP_SECONDS, close_parts, hand_back, open_parts
from helpdesk.services import HelpdeskApp, Services
from helpdesk.settings import HelpdeskSettings
from helpdesk.store import open_database
from helpdesk.store.record import Record
from helpdesk.web.api_errors import answer_api_errors
from helpdesk.web.api_headers import add_headers
from helpdesk.web.blueprints import ALL
from helpdesk.web.console_news import ConsoleNews
from helpdesk.web.console_oidc import RETURN
from helpdesk.web.console_presentation import ConsolePresentation
from helpdesk.web.hub import Hub
from helpdesk.web.presentation import Json, Presentation, found_json
from helpdesk.web.refusals import refusals
from helpdesk.web.socket import LARGEST_FRAME_BYTES

LARGEST_REQUEST_BYTES = 64 * 1024
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
    app.before_server_start(open_parts)
    app.before_server_stop(hand_back)
    app.after_server_stop(close_parts)
    return app


def _assemble(settings: HelpdeskSettings, clock: Clock) -> Services:
    database = open_database(settings.database_url)
    record, metrics = Record(database), Metrics()
    hub = _open_hub(settings, record, clock)
    limits = RateLimits(
        settings.redis_url,
        settings.limit_factor,
        lambda limit: metrics.refusals.labels(limit.name.lower()).inc(),
    )
    sentences = read_sentences(settings.names)
    if not settings.smtp.host:  # then nobody is promised a mail
        alone = sentences.meanwhile_without_mail
        sentences = replace(sentences, meanwhile=alone)
    assistant = AssistantPool.of(settings, metrics)
    articles = read_articles(settings.articles, settings.domain, settings.names)
    search = SearchIndex(articles)

    def find_results(text: str) -> list[Json]:
        found = search.search(text, FEW_RESULTS)
        return [found_json(each, settings.public_url) for each in found]

    action_limits = ActionLimits(settings.secret.current, settings.limit_factor)
    office = Office(sentences, settings.hours, settings.turn_cap, FIRST_WORDS)
    pseudonyms = Pseudonyms(settings.pseudonym_key)
    signals, account_words = read_signals(), read_account_words()
    approvals = Approvals(pseudonyms, read_approval_words(), settings.second_person)
    radar = Radar(approvals, signals)
    target_limits = TargetLimits(pseudonyms, settings.limit_factor)
    worker = TurnWorker(
        record,
        assistant,
        hub,
        office,
        find_results,
        TurnActors(action_limits),
        pseudonyms,
        BulkChecks(radar, target_limits, account_words.too_many_mails),
        clock,
        metrics,
    )
    backend = AccountBackend(
        settings.accounts_url,
        settings.accounts_token,
        settings.accounts_staff_token,
        metrics.backend_calls.watch,
    )
    find_offer = offer_finder(articles, sentences.talk_to_person)
    desk = Desk(
        record,
        worker,
        hub,
        limits,
        action_limits,
        find_offer,
        LinkAutopsy(backend, limits, signals),
        office,
        clock,
        metrics,
    )
    presentation, topics = Presentation(settings.public_url), Topics(articles)
    console_presentation = ConsolePresentation(presentation, topics)
    console_news = ConsoleNews(record, hub, console_presentation, clock)
    sign_ins = _sign_ins(settings, record, limits, clock)
    understanding = Understanding(assistant)
    staff = _assemble_staff(
        desk, backend, radar, target_limits, account_words, settings
    )
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
        presentation=presentation,
        assistant=assistant,
        worker=worker,
        desk=desk,
        letters=_assemble_letters(desk, settings, pseudonyms),
        uploads=Uploads(record, limits, clock),
        office=office,
        agent_desk=AgentDesk(record, hub, office, clock),
        agent_presence=AgentPresence(console_news.note_staff),
        watchman=Watchman(record, hub, office, clock),
        erasures=Erasures(
            record,
            assistant,
            backend,
            settings.secret,
            pseudonyms,
            settings.home,
            clock,
        ),
        retention=Retention(
            record, assistant, settings.retention, settings.home, clock
        ),
        console_presentation=console_presentation,
        console_news=console_news,
        metrics=metrics,
        sign_ins=sign_ins,
        own_accounts=OwnAccounts(record, sign_ins, clock),
        single_sign_on=_single_sign_on(settings, record, sign_ins, limits, clock),
        understanding=understanding,
        suggestions=Suggestions(record, understanding, articles, search),
        account_backend=backend,
        account_words=account_words,
        receipt_desk=ReceiptDesk(record, backend, hub, account_words, clock),
        delivery_watch=DeliveryWatch(record, backend, pseudonyms, hub, clock),
        people=staff.people,
        pseudonyms=pseudonyms,
        topics=topics,
        ghost_writer=GhostWriter(
            record,
            understanding,
            GhostDrafts(articles, settings.domain, settings.names),
            articles,
            hub.watch_own,
            clock,
        ),
        agent_recoveries=staff.recoveries,
        command_line=staff.command_line,
        approval_desk=staff.approval_desk,
        delivery_notes=read_delivery_notes(settings.hours.zone),
    )


def _open_hub(settings: HelpdeskSettings, record: Record, clock: Clock) -> Hub:
    if not settings.is_one_of_several:
        return Hub()
    from helpdesk.fanout import (
        Fanout,
        channel_of,
    )  # what it needs takes a while to load
    from helpdesk.web.shared_hub import SharedHub

    fanout = Fanout(settings.redis_url, channel_of(settings.pseudonym_key))
    return SharedHub(fanout, record, clock)


@dataclass(frozen=True)
class _Staff:
    """What agents do about accounts, and who has to agree to it."""

    people: People
    recoveries: AgentRecoveries
    approval_desk: ApprovalDesk
    command_line: CommandLine


def _assemble_staff(
    desk: Desk,
    backend: AccountBackend,
    radar: Radar,
    target_limits: TargetLimits,
    account_words: AccountWords,
    settings: HelpdeskSettings,
) -> _Staff:
    record, hub, clock, office = desk.record, desk.publisher, desk.clock, desk.office
    approvals, pseudonyms = radar.approvals, radar.approvals.pseudonyms
    recoveries = AgentRecoveries(
        record,
        backend,
        desk.action_limits,
        target_limits,
        pseudonyms,
        approvals,
        radar,
        hub,
        office.sentences,
        account_words,
        clock,
    )
    approval_desk = ApprovalDesk(record, hub, approvals, clock)
    room = Room(
        office,
        read_command_words(),
        account_words,
        pseudonyms,
        radar,
        target_limits,
        approval_desk,
        settings.bulk_per_minute,
    )
    command_line = CommandLine(record, desk.worker, hub, desk.limits, room, clock)
    desk.worker.follow_wishes(command_line.follow_wish)
    approval_desk.carriers[RECOVERY] = recoveries.carry_out
    approval_desk.carriers[OTHERS] = command_line.follow_decision
    people = People(record, backend, pseudonyms, radar, clock)
    return _Staff(people, recoveries, approval_desk, command_line)


def _sign_ins(
    settings: HelpdeskSettings, record: Record, limits: RateLimits, clock: Clock
) -> SignIns:
    codes = OneTimeCodes(settings.secret, f"{settings.names.product} console")
    devices = KnownDevices(settings.secret)
    return SignIns(record, limits, codes, devices, clock, settings.codes_for)


def _single_sign_on(
    settings: HelpdeskSettings,
    record: Record,
    sign_ins: SignIns,
    limits: RateLimits,
    clock: Clock,
) -> SingleSignOn | None:
    if settings.openid is None:
        return None
    from helpdesk.openid import OpenIdClient  # what it needs takes a while to load

    client = OpenIdClient(settings.openid, f"{settings.public_url}{RETURN}")
    return SingleSignOn(
        record,
        sign_ins,
        client,
        limits,
        clock,
        secret=settings.secret,
        adds_agents=settings.openid.adds_agents,
    )


def _assemble_letters(
    desk: Desk, settings: HelpdeskSettings, pseudonyms: Pseudonyms
) -> LetterDesk:
    record, clock, metrics = desk.record, desk.clock, desk.metrics
    tokens, smtp, mailbox = LetterTokens(settings.secret), settings.smtp, settings.inbox
    writer = LetterWriter(
        settings.names,
        settings.public_url,
        smtp.mail_from,
        mailbox.address if mailbox else None,
        tokens,
    )
    worker = LetterWorker(record, writer, Postman(smtp), clock, metrics)
    inbox = LetterInbox(desk, Inbox(mailbox), tokens) if mailbox else None
    return LetterDesk(
        record,
        worker if smtp.host else None,
        inbox,
        tokens,
        desk.action_limits,
        pseudonyms,
        clock,
    )
