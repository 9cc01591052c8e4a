"""The files of the chat: public, cacheable, usable from any site.

The loader is asked for on every page view and names the modules' version in their
address, so that a browser keeps the modules for good and never mixes two versions.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_letters
from typing import Final

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import raw

STATIC: Final = Path(__file__).resolve().parents[1] / "static"
MODULES: Final = "/static/chat/"
FOR_GOOD: Final = "public, max-age=31536000, immutable"
ASK_EACH_TIME: Final = "no-cache"
# Comments on lines of their own, and indentation: a third of what would be sent.
COMMENT: Final = re.compile(rb"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)[ \t]*\n", re.M | re.S)
# A line break beside these never means anything, in a script or in a style sheet.
BREAK: Final = re.compile(rb"(?<=[{(\[,;])\n|\n(?=[})\]])")
SPACE: Final = re.compile(rb"^\s+", re.M)
# A class's private names mean nothing outside of it.
PRIVATE: Final = re.compile(rb"(?<=this\.#)\w+")
STYLE: Final = re.compile(rb"`\n[^`]*`")
STYLE_SPACE: Final = re.compile(rb"\s*([{};,])\s*|(?<=[\w-]):[ ]")

widget = Blueprint("widget")


@dataclass(frozen=True)
class Script:
    """One file in the forms in which it can be sent."""

    body: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, body: bytes) -> "Script":
        """Prepare a file's content once for all who ask."""
        tag = hashlib.sha256(body).hexdigest()[:20]
        return cls(body, gzip.compress(body, mtime=0), f'"{tag}"')


@dataclass(frozen=True)
class ChatFiles:
    """The loader, the modules as written and as sent, all of one version."""

    loader: Script
    written: dict[str, Script]
    sent: dict[str, Script]
    version: str


@cache
def read_chat_files(folder: Path = STATIC) -> ChatFiles:
    """Read the files once; they change only with a new release."""
    chat = folder / "chat"
    modules = {
        path.relative_to(chat).as_posix(): path.read_bytes()
        for path in sorted(chat.rglob("*.js"))
    }
    content = b"".join(name.encode() + modules[name] for name in modules)
    version = f"v-{hashlib.sha256(content).hexdigest()[:12]}"
    loader = (folder / "widget.js").read_bytes()
    versioned = loader.replace(MODULES.encode(), f"{MODULES}{version}/".encode())
    return ChatFiles(
        Script.of(shorten(versioned)),
        {name: Script.of(body) for name, body in modules.items()},
        {name: Script.of(shorten(body)) for name, body in modules.items()},
        version,
    )


def shorten(script: bytes) -> bytes:
    """Leave out what only readers of the source need."""
    script = STYLE.sub(_shorten_style, SPACE.sub(b"", COMMENT.sub(b"", script)))
    names = dict.fromkeys(PRIVATE.findall(script))
    for name, letter in zip(names, ascii_letters, strict=False):
        script = re.sub(rb"#%b\b" % name, b"#" + letter.encode(), script)
    return BREAK.sub(b"", script)


def _shorten_style(style: re.Match[bytes]) -> bytes:
    return STYLE_SPACE.sub(lambda m: m[1] or b":", style[0]).replace(b";}", b"}")


@widget.get("/widget.js")
async def send_loader(request: Request) -> HTTPResponse:
    """Send what a site's one script tag asks for."""
    return _send(request, read_chat_files().loader, ASK_EACH_TIME)


@widget.get(MODULES + "<name:path>")
async def send_module(request: Request, name: str) -> HTTPResponse:
    """Send a module: as it is written, or under a version as browsers run it."""
    files = read_chat_files()
    modules = files.written
    version, _, rest = name.partition("/")
    if version.startswith("v-"):
        name, modules = rest, files.sent
    if name not in modules:
        raise NotFound("There is no such file.")
    # A page that was loaded before an update may still ask for the version before.
    caching = FOR_GOOD if version == files.version else ASK_EACH_TIME
    return _send(request, modules[name], caching)


def _send(request: Request, script: Script, caching: str) -> HTTPResponse:
    headers = {
        "Access-Control-Allow-Origin": "*",  # modules are always fetched with CORS
        "Cache-Control": caching,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": script.tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if script.tag in request.headers.get("if-none-match", ""):
        return raw(b"", status=304, headers=headers)
    body = script.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = script.packed
        headers["Content-Encoding"] = "gzip"
    return raw(body, headers=headers, content_type="text/javascript; charset=utf-8")
