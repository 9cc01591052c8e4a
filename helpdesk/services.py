"""What request handlers may reach: the parts that the composition root assembled."""

from dataclasses import dataclass

from sanic import Request, Sanic
from sanic.config import Config

from foundation.clock import Clock
from foundation.database import Database
from helpdesk.desk.articles import Articles
from helpdesk.desk.chat import Desk
from helpdesk.desk.identity import IdentityVerifier
from helpdesk.desk.limits import RateLimits
from helpdesk.desk.search import SearchIndex
from helpdesk.desk.sentences import Sentences
from helpdesk.desk.turn_worker import TurnWorker
from helpdesk.desk.visits import VisitTokens
from helpdesk.metrics import Metrics
from helpdesk.settings import HelpdeskSettings
from helpdesk.store.record import Record
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
    worker: TurnWorker
    desk: Desk
    metrics: Metrics


HelpdeskApp = Sanic[Config, Services]


def services_of(request: Request) -> Services:
    """Return the parts behind a request."""
    services = request.app.ctx
    if not isinstance(services, Services):  # pragma: no cover - wrong composition
        raise TypeError("This application was not made by helpdesk.app.create_app.")
    return services
