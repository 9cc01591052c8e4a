"""The mailbox's pages, and the JSON that tests read."""

import asyncio
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from sanic import HTTPResponse, Request, Sanic
from sanic.config import Config
from sanic.exceptions import SanicException
from sanic.response import html, json, text

from accounts.look import HEADERS, STATIC_FOLDER
from accounts.outbox.mailbox import LINK, KeptMail, Mailbox

MOST_SHOWN = 200
OutboxApp = Sanic[Config, Mailbox]


def linked(body: str) -> Markup:
    """Return a mail's text, escaped, with its links to click on."""
    parts: list[Markup] = []
    end = 0
    for found in LINK.finditer(body):
        parts.append(Markup.escape(body[end : found.start()]))
        link = Markup('<a href="{0}" rel="noreferrer">{0}</a>')
        parts.append(link.format(found.group()))
        end = found.end()
    return Markup("").join([*parts, Markup.escape(body[end:])])


TEMPLATES = Environment(
    loader=PackageLoader("accounts", "templates/outbox"),
    autoescape=True,
    undefined=StrictUndefined,
)
TEMPLATES.filters["linked"] = linked


def create_app(mailbox: Mailbox) -> OutboxApp:
    """Put the mailbox's web side together."""
    config = Config(
        {"GRACEFUL_SHUTDOWN_TIMEOUT": 1.0, "FALLBACK_ERROR_FORMAT": "text"},
        env_prefix="",
    )
    app = Sanic("outbox", config=config, ctx=mailbox, configure_logging=False)
    app.static("/static", STATIC_FOLDER, name="static")
    app.add_route(show_mails, "/")
    app.add_route(show_mail, "/mails/<number:str>")
    app.add_route(list_mails, "/api/mails")
    app.add_route(report_health, "/healthz")
    app.exception(SanicException)(_refuse)
    return app


async def show_mails(request: Request) -> HTTPResponse:
    """Show the newest mails."""
    mails = await _newest(request)
    page = TEMPLATES.get_template("mails.html").render(mails=mails)
    return html(page, headers=HEADERS)


async def show_mail(request: Request, number: str) -> HTTPResponse:
    """Show one mail."""
    mail = await asyncio.to_thread(request.app.ctx.find, number)
    page = TEMPLATES.get_template("mail.html").render(mail=mail)
    return html(page, status=200 if mail else 404, headers=HEADERS)


async def list_mails(request: Request) -> HTTPResponse:
    """Return the newest mails, perhaps of one address, as JSON."""
    return json({"mails": [_mail_json(mail) for mail in await _newest(request)]})


async def report_health(_request: Request) -> HTTPResponse:
    """Say that the mailbox is there."""
    return json({"status": "ok"})


async def _refuse(_request: Request, error: Exception) -> HTTPResponse:
    status = error.status_code if isinstance(error, SanicException) else 500
    return text("There is nothing here.\n", status=status, headers=HEADERS)


async def _newest(request: Request) -> list[KeptMail]:
    mailbox = cast(OutboxApp, request.app).ctx
    to = request.args.get("to")

    def read() -> list[KeptMail]:
        mails = mailbox.newest_first(str(to) if to else None)
        return [mail for _, mail in zip(range(MOST_SHOWN), mails, strict=False)]

    return await asyncio.to_thread(read)


def _mail_json(mail: KeptMail) -> dict[str, object]:
    return {
        "number": mail.number,
        "at": mail.at.isoformat(),
        "to": list(mail.to),
        "from": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "links": list(mail.links),
        "headers": mail.headers,
    }
