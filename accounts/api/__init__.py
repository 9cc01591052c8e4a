"""The JSON contract under /v1 and /healthz; see docs/accounts-openapi.yml."""

from sanic import Blueprint

from accounts.api.accounts import accounts
from accounts.api.deliveries import deliveries
from accounts.api.health import health
from accounts.api.invitations import invitations
from accounts.api.links import links
from accounts.api.recoveries import recoveries
from accounts.api.suppressions import suppressions
from accounts.api.traces import traces

api = Blueprint.group(
    accounts,
    deliveries,
    invitations,
    links,
    recoveries,
    suppressions,
    traces,
    url_prefix="/v1",
)

__all__ = ["api", "health"]
