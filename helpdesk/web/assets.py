"""The files that pages load, kept in memory with a digest that names their content."""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound

from helpdesk.web.caching import KEEP, REVALIDATE, answer_cached
from helpdesk.web.routes import readable

STATIC_FOLDER = Path(__file__).parents[1] / "static"
TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # An SVG can be opened like a page; it must not run anything there.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}

assets = Blueprint("assets")


@dataclass(frozen=True)
class Asset:
    """One file."""

    content: bytes
    packed: bytes
    content_type: str
    digest: str


@cache
def read_assets() -> dict[str, Asset]:
    """Return every file of the static folder by its path."""
    paths = (path for path in STATIC_FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(STATIC_FOLDER).as_posix(): _read(path) for path in paths}


def asset_url(name: str) -> str:
    """Return the address of a file; it changes when the content does."""
    return f"/static/{name}?v={read_assets()[name].digest}"


@readable(assets, "/static/<name:path>")
async def send_asset(request: Request, name: str) -> HTTPResponse:
    """Send a file; for a year if its digest was asked for."""
    asset = read_assets().get(name)
    if asset is None:
        raise NotFound("There is no such file.", quiet=True)
    is_named = request.args.get("v") == asset.digest
    headers = {
        **HEADERS,
        "Cache-Control": KEEP if is_named else REVALIDATE,
        "Vary": "Accept-Encoding",
    }
    content = asset.content
    # Only files: a compressed page would tell by its size what is in it.
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.packed
        headers["Content-Encoding"] = "gzip"
    return answer_cached(request, content, asset.content_type, headers)


@readable(assets, "/favicon.svg")
async def send_icon(request: Request) -> HTTPResponse:
    """Send the icon."""
    return await send_asset(request, "favicon.svg")


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    kind = kind or "application/octet-stream"
    if kind.startswith("text/") or kind == TYPES[".svg"]:
        kind += "; charset=utf-8"
    packed = gzip.compress(content, mtime=0)
    return Asset(content, packed, kind, sha256(content).hexdigest()[:16])
