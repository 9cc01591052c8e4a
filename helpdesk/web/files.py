"""Files on the wire: reading an upload piece by piece, and sending one harmlessly."""

from typing import Any, cast
from urllib.parse import quote

from sanic import HTTPResponse, Request

from helpdesk.desk.errors import TooLargeError
from helpdesk.desk.file_types import LARGEST_FILE_BYTES, PDF, TOO_LARGE
from helpdesk.store.models import Attachment
from helpdesk.web.caching import answer_cached

# Whoever sends a little too much still hears why; the line of the others is cut.
PATIENCE_BYTES = 2 * LARGEST_FILE_BYTES
HEADERS = {
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Authorization, Cookie, Origin",
    "X-Content-Type-Options": "nosniff",
}


async def read_file(request: Request) -> bytes:
    """Return the body of a request that may be larger than others.

    Raises:
        TooLargeError: It is larger than a file may be.
    """
    stream = cast(Any, request.stream)  # Sanic's type of it lacks `read`
    pieces, size = [], 0
    while piece := await stream.read():
        size += len(piece)
        if size > PATIENCE_BYTES:
            break
        if size <= LARGEST_FILE_BYTES:
            pieces.append(piece)
    if size > LARGEST_FILE_BYTES:
        raise TooLargeError(TOO_LARGE)
    return b"".join(pieces)


def send_file(request: Request, file: Attachment) -> HTTPResponse:
    """Return a file so that it is shown or saved, and never run."""
    way = "attachment" if file.media_type == PDF else "inline"
    plain = file.name.encode("ascii", "replace").decode().replace('"', "'")
    plain = plain.replace("?", "_").replace("\\", "_")
    encoded = quote(file.name, safe="")
    disposition = f"{way}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    headers = {**HEADERS, "Content-Disposition": disposition}
    return answer_cached(request, file.content, file.media_type, headers)
