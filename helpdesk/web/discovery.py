"""What search engines ask for: the site map and the rules for robots."""

from sanic import Blueprint, HTTPResponse, Request

from helpdesk.services import services_of
from helpdesk.web.caching import REVALIDATE, answer_cached
from helpdesk.web.rendering import fill_template
from helpdesk.web.routes import readable

discovery = Blueprint("discovery")

HEADERS = {"Cache-Control": REVALIDATE, "X-Content-Type-Options": "nosniff"}


@readable(discovery, "/sitemap.xml")
async def send_site_map(request: Request) -> HTTPResponse:
    """Send the addresses of all articles."""
    articles = services_of(request).articles
    text = fill_template(request, "sitemap.xml", articles=articles)
    return answer_cached(
        request, text.encode(), "application/xml; charset=utf-8", HEADERS
    )


@readable(discovery, "/robots.txt")
async def send_robots(request: Request) -> HTTPResponse:
    """Send what robots may read."""
    text = fill_template(request, "robots.txt")
    return answer_cached(request, text.encode(), "text/plain; charset=utf-8", HEADERS)
