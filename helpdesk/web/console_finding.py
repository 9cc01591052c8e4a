"""What agents look for: words in transcripts, and articles that answer a contact."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy.orm import Session

from helpdesk.desk.conversation_lines import read_lines
from helpdesk.desk.staff import read_staff
from helpdesk.desk.suggestions import Suggestion
from helpdesk.desk.transcript_search import (
    MOST_FOUND,
    TranscriptHit,
    search_transcripts,
)
from helpdesk.services import services_of
from helpdesk.web.console_requests import asking
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import Json, moment
from helpdesk.web.query import number_in

console_finding = Blueprint("console_finding", url_prefix="/api/console")

USUAL_PAGE = 20


@console_finding.get("/search")
async def search(request: Request) -> HTTPResponse:
    """Answer the conversations that fit `q`, page by page."""
    await asking(request)
    services = services_of(request)
    typed, after = request.args.get("q") or "", request.args.get("after")
    limit = number_in(request, "limit", MOST_FOUND) if "limit" in request.args else 0
    now = services.clock.now()

    def read(session: Session) -> Json:
        found = search_transcripts(session, typed, after, limit or USUAL_PAGE)
        lines = read_lines(session, {hit.conversation_id for hit in found.hits})
        staff, summary = (
            read_staff(session, now),
            services.console_presentation.summary,
        )
        results = [
            {"conversation": summary(lines[hit.conversation_id], staff), **_hit(hit)}
            for hit in found.hits
        ]
        return {"results": results, "next": found.next}

    return json(await services.record.read(read))


@console_finding.get("/conversations/<conversation_id:str>/suggestions")
async def suggest(request: Request, conversation_id: str) -> HTTPResponse:
    """Answer the articles that may answer what the contact wrote last."""
    await asking(request)
    services, wanted = services_of(request), read_id(conversation_id)
    suggested = await services.suggestions.for_conversation(wanted)
    public_url = services.settings.public_url
    shown = [_suggestion(each, public_url) for each in suggested.suggestions]
    return json({"suggestions": shown, "of": suggested.seq})


def _hit(hit: TranscriptHit) -> Json:
    return {
        "seq": hit.seq,
        "sender": hit.sender.value if hit.sender else None,
        "passage": [{"text": p.text, "hit": p.is_hit} for p in hit.passage],
        "created_at": moment(hit.created_at),
    }


def _suggestion(suggestion: Suggestion, public_url: str) -> Json:
    article = suggestion.article
    return {
        "slug": article.slug,
        "title": article.title,
        "answer": article.answer,
        "url": public_url + article.path,
        "confidence": suggestion.confidence,
    }
