"""Pages to put the widget on: of the help desk itself, and of a site that embeds it."""

from typing import TYPE_CHECKING, Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import html, text

if TYPE_CHECKING:
    from tests.widget.chat_server import ChatServer

# What the help centre's own pages send, with the sockets of other origins left out.
POLICY = (
    "default-src 'none'; script-src 'self' {extra}; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {extra} {sockets}; base-uri 'none'; form-action 'self'"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A page</title><link rel="stylesheet" href="/page.css"></head>
<body><main><h1>A page of the site</h1><p>It has <a href="#x">a link</a> and text.</p>
{body}</main><script src="{origin}/widget.js" {options}></script></body></html>"""
PAGE_STYLE = """body { font: 1rem/1.6 sans-serif; margin: 0; padding: 1.5rem; min-height: 90vh;
background: Canvas; color: CanvasText } :root { color-scheme: light dark }
a { color: LinkText } .whole { position: fixed; inset: 0; padding: 1rem }"""


def add_pages(app: Sanic[Any, Any], server: "ChatServer") -> None:
    """Add pages that have the widget: `/`, `/chat`, and any site's at `/site`."""

    def page(request: Request, body: str = "") -> HTTPResponse:
        foreign = request.path == "/site"
        origin = server.origin if foreign else ""
        options = request.args.get("options", "")
        extra = server.origin if foreign else ""
        sockets = server.origin.replace("http", "ws") if foreign else ""
        policy = POLICY.format(extra=extra, sockets=sockets)
        words = PAGE.format(body=body, origin=origin, options=options)
        return html(words, headers={"Content-Security-Policy": policy})

    @app.get("/")
    async def home(request: Request) -> HTTPResponse:
        link = (
            '<a href="/chat?offer=invite.resend" data-chat-offer="invite.resend">{}</a>'
        )
        return page(request, link.format("Send me a new invitation"))

    @app.get("/site")
    async def site(request: Request) -> HTTPResponse:
        return page(request)

    @app.get("/framing")
    async def framing(_request: Request) -> HTTPResponse:
        return html(f'<!doctype html><iframe src="{server.origin}/chat"></iframe>')

    @app.get("/chat")
    async def chat(request: Request) -> HTTPResponse:
        return page(
            request,
            '<div class="whole"><latchkey-chat mode="page"></latchkey-chat></div>',
        )

    @app.get("/page.css")
    async def style(_request: Request) -> HTTPResponse:
        return text(PAGE_STYLE, content_type="text/css")

    @app.get("/favicon.ico")
    async def picture(_request: Request) -> HTTPResponse:
        return HTTPResponse(status=204)
