"""Everything that is served, in one group."""

from sanic import Blueprint

from helpdesk.web.assets import assets
from helpdesk.web.attachments_api import attachments_api
from helpdesk.web.chat_api import chat_api
from helpdesk.web.console_account import console_account
from helpdesk.web.console_api import console_api
from helpdesk.web.console_approvals import console_approvals
from helpdesk.web.console_audit import console_audit
from helpdesk.web.console_canned import console_canned
from helpdesk.web.console_changes import console_changes
from helpdesk.web.console_codes import console_codes
from helpdesk.web.console_commands import console_commands
from helpdesk.web.console_door import console_door
from helpdesk.web.console_files import console_files
from helpdesk.web.console_finding import console_finding
from helpdesk.web.console_oidc import console_oidc
from helpdesk.web.console_pages import console_pages
from helpdesk.web.console_person import console_person
from helpdesk.web.console_receipts import console_receipts
from helpdesk.web.console_reports import console_reports
from helpdesk.web.console_socket import console_socket
from helpdesk.web.diagnosis import diagnosis
from helpdesk.web.discovery import discovery
from helpdesk.web.health import health
from helpdesk.web.help_centre import help_centre
from helpdesk.web.mail_api import mail_api
from helpdesk.web.mail_pages import mail_pages
from helpdesk.web.search_api import search_api
from helpdesk.web.socket import socket
from helpdesk.web.visits_api import visits_api
from helpdesk.web.widget import widget

CENTRE = (assets, discovery, help_centre, search_api)
CHAT = (socket, chat_api, attachments_api, visits_api, widget)
MAIL = (mail_api, mail_pages)
DOOR = (console_door, console_account, console_codes, console_oidc)
CONSOLE = (console_pages, console_api, console_changes, console_files, console_socket)
AID = (console_finding, console_person, console_canned, console_reports)
ACTIONS = (console_approvals, console_audit, console_receipts, console_commands)
INSIDE = (health, diagnosis)
ALL = Blueprint.group(*INSIDE, *CENTRE, *CHAT, *MAIL, *DOOR, *CONSOLE, *AID, *ACTIONS)
