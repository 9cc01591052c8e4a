"""What request handlers may reach: the parts that the composition root assembled."""

from dataclasses import dataclass

from sanic import Request, Sanic
from sanic.config import Config

from accounts.links import Links
from accounts.measures import Measures
from accounts.settings import AccountsSettings
from accounts.worker import Worker
from foundation.clock import Clock
from foundation.database import Database


@dataclass
class Services:
    """The assembled parts of one running service."""

    settings: AccountsSettings
    clock: Clock
    database: Database
    links: Links
    worker: Worker
    measures: Measures


AccountsApp = Sanic[Config, Services]


def services_of(request: Request) -> Services:
    """Return the parts behind a request."""
    services = request.app.ctx
    if not isinstance(services, Services):  # pragma: no cover - wrong composition
        raise TypeError("This application was not made by accounts.app.create_app.")
    return services
