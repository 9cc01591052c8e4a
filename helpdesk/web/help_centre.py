"""The help centre: home, articles, search, and the page that hosts the chat."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import BadRequest, NotFound
from sqlalchemy.exc import SQLAlchemyError

from foundation.forms import typed
from helpdesk.desk.articles import Article
from helpdesk.desk.limits import Limit
from helpdesk.desk.ratings import LONGEST_COMMENT, CommentTooLongError, rate_article
from helpdesk.desk.search import LONGEST_QUERY, Found
from helpdesk.services import services_of
from helpdesk.web.forms import guard, own_form
from helpdesk.web.rendering import go_to, render, render_form
from helpdesk.web.routes import readable
from helpdesk.web.structured_data import describe, structured_data
from helpdesk.web.visitors import address_of

help_centre = Blueprint("help_centre")

RESULTS = 12

SAID = {"yes", "no", "told"}  # what the address of an article says about its rating


@readable(help_centre, "/")
async def show_home(request: Request) -> HTTPResponse:
    """Show the search box, what we can do, and every article."""
    return render(request, "home.html", articles=services_of(request).articles)


@readable(help_centre, "/articles/<slug:str>")
async def show_article(request: Request, slug: str) -> HTTPResponse:
    """Show an article."""
    said = request.args.get("rated")
    return _show(request, _find(request, slug), said if said in SAID else "")


@help_centre.post("/articles/<slug:str>/rating")
@own_form
async def submit_rating(request: Request, slug: str) -> HTTPResponse:
    """Keep whether the article was useful, and what was missing."""
    article = _find(request, slug)
    useful = typed(request, "useful")
    if useful not in {"yes", "no"}:
        raise BadRequest("The rating is neither yes nor no.", quiet=True)
    has_comment = bool(request.form and "comment" in request.form)
    comment = typed(request, "comment")
    services = services_of(request)
    services.limits.count(Limit.RATINGS, address_of(request))
    try:
        await asyncio.to_thread(
            rate_article,
            services.database,
            services.clock.now(),
            article.id,
            guard.visitor_of(request),
            is_useful=useful == "yes",
            comment=comment if has_comment else None,
        )
    except CommentTooLongError:
        return _show(request, article, "too_long", 422, comment)
    except SQLAlchemyError:
        return _show(request, article, "not_saved", 503, comment)
    said = "told" if comment.strip() else useful
    return go_to(request, f"{article.path}?rated={said}#rating")


@readable(help_centre, "/search")
async def show_search(request: Request) -> HTTPResponse:
    """Show what was found."""
    services_of(request).limits.count(Limit.SEARCHES, address_of(request))
    query = (request.args.get("q") or "").strip()[:LONGEST_QUERY]
    found = await find(request, query, RESULTS)
    articles = services_of(request).articles
    return render(request, "search.html", query=query, found=found, articles=articles)


@readable(help_centre, "/chat")
async def show_chat(request: Request) -> HTTPResponse:
    """Show the page that hosts the chat; embedding sites may frame it."""
    return render(request, "chat.html", is_embeddable=True)


async def find(request: Request, query: str, limit: int) -> list[Found]:
    """Search without holding up other requests."""
    return await asyncio.to_thread(services_of(request).search.search, query, limit)


def _find(request: Request, slug: str) -> Article:
    article = services_of(request).articles.by_slug.get(slug)
    if article is None:
        raise NotFound("There is no such article.", quiet=True)
    return article


def _show(
    request: Request, article: Article, said: str, status: int = 200, comment: str = ""
) -> HTTPResponse:
    services = services_of(request)
    category = services.articles.category_of(article)
    settings = services.settings
    site = settings.names.product
    return render_form(
        request,
        "article.html",
        status,
        article=article,
        category=category,
        related=services.articles.related_to(article),
        description=describe(article),
        data=structured_data(article, category, settings.public_url, site),
        said=said,
        comment=comment[: LONGEST_COMMENT * 2],
        longest_comment=LONGEST_COMMENT,
    )
