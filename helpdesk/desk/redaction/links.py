"""Tokens in links: host and path stay readable, what opens an account goes."""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction.cover import COVERS, LINK, covered
from helpdesk.desk.redaction.kinds import Kind, Secret
from helpdesk.desk.redaction.shape import is_opaque, is_random, turns_in

_SCHEME = re.compile(r"(?<![a-z])(?:https?|ftp|wss?)://[^\s<>\"]++", re.IGNORECASE)
_HOST_AND_PATH = re.compile(
    rf"(?<![\w@.{COVERS}-])(?:[\w-]++\.)++[\w-]++(?::\d++)?[/?][^\s<>\"]*+"
)
_USER = re.compile(r"[a-z]++://[^\s/@:]*+:([^\s/@]++)@", re.IGNORECASE)
_END = ".,;:!?'’”»)]}*"
_PATH = re.compile(r"/([^/?#]++)")
_FRAGMENT = re.compile(r"#([^/?#=&]++)")
_VALUE = re.compile(r"([?&#;])([^=&#;]++)=([^&#]++)")
# After these words in a path even a short mixed piece is what opens the account.
_OPENING = (
    r"[\w-]*(?:reset|recover|confirm|invit|verif|activ|aktiv|aktyw|magic|unlock|token|auth|one-?time|"
    r"passwor|sign-?in|log-?in|kennwort|zur(?:ü|ue)cksetz|einlad|freischalt|anmeld|best(?:ä|ae)tig|"
    r"connexion|r[eé]initialis|restablec|recuper|conferma|ripristin|uitnodig|bevestig|herstel|convi|"
    r"redefin|zapros|potwierd|onboard)[\w-]*"
)
_OPENERS = re.compile(rf"/{_OPENING}/$", re.IGNORECASE)
# After these, the short forms that mails use, a piece that says nothing to people.
_SHORT = re.compile(
    r"/(?:[acegiklmnrstxy]|go|id|ml|rl|ll|cl|click|links?|redirect|track|join|welcome|accept|start|"
    rf"set-?up|register|sign-?up|new|first|u/\w+|{_OPENING}/[\w=-]{{1,16}})/$",
    re.IGNORECASE,
)
_OPENS_SOMEWHERE = re.compile(_OPENING, re.IGNORECASE)
_SECRET_NAMES = re.compile(
    r"(?:[\w-]*(?:token|secret|passw|signature|ticket|jwt|otp|oob|nonce|credential|invit|einlad)[\w-]*"
    r"|(?:reset|confirm\w*|activat\w*|verif\w*|login|magic|auth)[_-]?(?:key|code|id|hash|link)"
    r"|code|key|apikey|api_key|sig|auth|t|k|hash|sid|session|pw|pwd|pass|upn|hmac)",
    re.IGNORECASE,
)
# Our own, alone or cut in two by a mail program.
_OURS = re.compile(r"(?<![\w%+./=-])[A-Za-z0-9_-]{43}(?![\w%+/=-])")
_REST = re.compile(r"[ \t]?\r?\n?[ \t]?([A-Za-z0-9_-]{1,42})(?![\w@./])")
_OUR_PATH = re.compile(
    r"/(?:invite|confirm|reset)/([A-Za-z0-9_-]{1,42})$", re.IGNORECASE
)
_OUR_LENGTH = 43


def find_with_scheme(text: str) -> Iterator[Secret]:
    """Find what is secret in links that begin with `https://` and the like."""
    for match in _SCHEME.finditer(text):
        user = _USER.match(match.group())
        if user and user.group(1)[0] not in COVERS:
            start, end = user.span(1)
            yield Secret(Kind.PASSWORD, match.start() + start, match.start() + end)
        yield from _in_link(text, match.start(), match.group())


def find_without_scheme(text: str) -> Iterator[Secret]:
    """Find what is secret in `example.com/reset/…`, and the secret part alone."""
    for match in _HOST_AND_PATH.finditer(text):
        yield from _in_link(text, match.start(), match.group())
    for match in _OURS.finditer(text):
        if is_random(match.group()):
            yield Secret(Kind.LINK, *match.span())


def cover_schemes(text: str) -> str:
    """Cover whole links, so that no other rule reads their words."""
    return covered(text, (m.span() for m in _SCHEME.finditer(text)), LINK)


def _in_link(text: str, at: int, link: str) -> Iterator[Secret]:
    link = link.rstrip(_END)
    scheme = link.find("://") + 3 if "://" in link else 0
    path_at = min(
        (i for i in (link.find(c, scheme) for c in "/?#") if i >= 0), default=-1
    )
    if path_at < 0:
        return
    query_at = min((i for i in map(link.find, "?#") if i >= 0), default=len(link))
    for piece in _PATH.finditer(link, path_at, query_at):
        if _opens(link[max(0, piece.start() - 40) : piece.start() + 1], piece.group(1)):
            end = at + piece.end()
            if piece.end() == len(link):
                end = _end_of_ours(text, link, end)
            yield Secret(Kind.LINK, at + piece.start(1), end)
    fragment_at = link.find("#", query_at)
    if fragment_at >= 0:
        yield from _in_fragment(link, at, fragment_at)
    does_open = bool(_OPENS_SOMEWHERE.search(link, path_at, query_at))
    for value in _VALUE.finditer(link, query_at):
        name, secret = value.group(2, 3)
        is_short = len(name) == 1 and does_open and is_opaque(secret)
        if is_short or _is_secret_value(name, secret):
            yield Secret(Kind.LINK, at + value.start(3), at + value.end(3))


def _in_fragment(link: str, at: int, fragment_at: int) -> Iterator[Secret]:
    """Find tokens in `#/reset/…`, a path of its own, and in `#…`."""
    alone = _FRAGMENT.fullmatch(link, fragment_at)
    if alone:
        # A heading such as `#step-2-log-in` has only short parts.
        piece = alone.group(1)
        is_long = max(map(len, piece.split("-"))) >= 16 or turns_in(piece) >= 10
        if is_random(piece) and is_long and not any(c in piece for c in COVERS):
            yield Secret(Kind.LINK, at + alone.start(1), at + alone.end(1))
        return
    query_at = link.find("?", fragment_at)
    end = query_at if query_at >= 0 else len(link)
    for piece_at in _PATH.finditer(link, fragment_at, end):
        start = piece_at.start()
        if _opens(link[max(0, start - 40) : start + 1], piece_at.group(1)):
            yield Secret(Kind.LINK, at + piece_at.start(1), at + piece_at.end(1))


def _opens(before: str, piece: str) -> bool:
    if any(cover in piece for cover in COVERS):
        return False
    if _OPENERS.search(before):
        return (len(piece) >= 6 and any(map(str.isdigit, piece))) or len(piece) >= 30
    if _SHORT.search(before) and is_opaque(piece):
        return True
    # `how-to-log-in-with-2-keys` has short parts, a token has a long one.
    return is_random(piece) and max(map(len, piece.split("-"))) >= 16


def _is_secret_value(name: str, value: str) -> bool:
    if "@" in value or any(c in value for c in COVERS):
        return False
    if _SECRET_NAMES.fullmatch(name):
        return any(map(str.isdigit, value)) or len(value) >= 12
    return is_random(value) and not value.startswith("/")


def _end_of_ours(text: str, link: str, end: int) -> int:
    """Return where our secret ends that a mail program cut in two."""
    cut = _OUR_PATH.search(link)
    rest = _REST.match(text, end) if cut else None
    if cut and rest and len(cut.group(1)) + len(rest.group(1)) == _OUR_LENGTH:
        return rest.end(1)
    return end
