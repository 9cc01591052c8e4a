"""Answers that a browser may keep: their tag, and “not modified”."""

from collections.abc import Mapping
from hashlib import sha256

from sanic import HTTPResponse, Request

KEEP = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"  # keep it, but ask each time whether it is still good
REVALIDATE_PRIVATELY = "private, no-cache"
NOT_MODIFIED = 304


def answer_cached(
    request: Request, content: bytes, content_type: str, headers: Mapping[str, str]
) -> HTTPResponse:
    """Return the content, or 304 if the browser has it already."""
    tag = f'"{sha256(content).hexdigest()[:24]}"'
    tagged = {**headers, "ETag": tag}
    if tag in _tags_of(request):
        return HTTPResponse(status=NOT_MODIFIED, headers=tagged)
    return HTTPResponse(content, headers=tagged, content_type=content_type)


def _tags_of(request: Request) -> set[str]:
    # A proxy that compresses marks the tag as weak.
    given = request.headers.get("if-none-match", "").split(",")
    return {tag.strip().removeprefix("W/") for tag in given}
