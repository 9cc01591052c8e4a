"""Everything that is served, in one group."""

from sanic import Blueprint

from helpdesk.web.assets import assets
from helpdesk.web.chat_api import chat_api
from helpdesk.web.discovery import discovery
from helpdesk.web.health import health
from helpdesk.web.help_centre import help_centre
from helpdesk.web.search_api import search_api
from helpdesk.web.socket import socket
from helpdesk.web.visits_api import visits_api
from helpdesk.web.widget import widget

CENTRE = (assets, discovery, help_centre, search_api)
CHAT = (socket, chat_api, visits_api, widget)
ALL = Blueprint.group(health, *CENTRE, *CHAT)
