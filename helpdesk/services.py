"""What request handlers may reach: the parts that the composition root assembled."""

from dataclasses import dataclass

from sanic import Request, Sanic
from sanic.config import Config

from foundation.clock import Clock
from foundation.database import Database
from helpdesk.assistant_pool import AssistantPool
from helpdesk.commands.line import CommandLine
from helpdesk.desk.account_backend import AccountBackend
from helpdesk.desk.account_words import AccountWords
from helpdesk.desk.agent_desk import AgentDesk
from helpdesk.desk.agent_recoveries import AgentRecoveries
from helpdesk.desk.approval_desk import ApprovalDesk
from helpdesk.desk.articles import Articles
from helpdesk.desk.chat import Desk
from helpdesk.desk.delivery_notes import DeliveryNotes
from helpdesk.desk.delivery_watch import DeliveryWatch
from helpdesk.desk.erasures import Erasures
from helpdesk.desk.ghost_writer import GhostWriter
from helpdesk.desk.identity import IdentityVerifier
from helpdesk.desk.letter_desk import LetterDesk
from helpdesk.desk.limits import RateLimits
from helpdesk.desk.office import Office
from helpdesk.desk.own_account import OwnAccounts
from helpdesk.desk.person import People
from helpdesk.desk.presence import AgentPresence
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.receipt_desk import ReceiptDesk
from helpdesk.desk.retention import Retention
from helpdesk.desk.search import SearchIndex
from helpdesk.desk.sentences import Sentences
from helpdesk.desk.sign_in import SignIns
from helpdesk.desk.single_sign_on import SingleSignOn
from helpdesk.desk.suggestions import Suggestions
from helpdesk.desk.topics import Topics
from helpdesk.desk.turn_worker import TurnWorker
from helpdesk.desk.understanding import Understanding
from helpdesk.desk.uploads import Uploads
from helpdesk.desk.visits import VisitTokens
from helpdesk.desk.watchman import Watchman
from helpdesk.metrics import Metrics
from helpdesk.settings import HelpdeskSettings
from helpdesk.store.record import Record
from helpdesk.web.console_news import ConsoleNews
from helpdesk.web.console_presentation import ConsolePresentation
from helpdesk.web.hub import Hub
from helpdesk.web.presentation import Presentation


@dataclass
class Services:
    """The assembled parts of one running help desk."""

    settings: HelpdeskSettings
    clock: Clock
    database: Database
    record: Record
    articles: Articles
    search: SearchIndex
    limits: RateLimits
    tokens: VisitTokens
    identities: IdentityVerifier
    sentences: Sentences
    hub: Hub
    presentation: Presentation
    assistant: AssistantPool
    worker: TurnWorker
    desk: Desk
    uploads: Uploads
    letters: LetterDesk
    office: Office
    agent_desk: AgentDesk
    agent_presence: AgentPresence
    watchman: Watchman
    erasures: Erasures
    retention: Retention
    console_presentation: ConsolePresentation
    console_news: ConsoleNews
    metrics: Metrics
    sign_ins: SignIns
    own_accounts: OwnAccounts
    single_sign_on: SingleSignOn | None
    understanding: Understanding
    suggestions: Suggestions
    account_backend: AccountBackend
    account_words: AccountWords
    receipt_desk: ReceiptDesk
    delivery_watch: DeliveryWatch
    people: People
    pseudonyms: Pseudonyms
    agent_recoveries: AgentRecoveries
    approval_desk: ApprovalDesk
    delivery_notes: DeliveryNotes
    topics: Topics
    ghost_writer: GhostWriter
    command_line: CommandLine


HelpdeskApp = Sanic[Config, Services]


def services_of(request: Request) -> Services:
    """Return the parts behind a request."""
    services = request.app.ctx
    if not isinstance(services, Services):  # pragma: no cover - wrong composition
        raise TypeError("This application was not made by helpdesk.app.create_app.")
    return services
