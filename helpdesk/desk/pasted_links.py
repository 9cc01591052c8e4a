"""Links as people paste them: found, and what opens an account cut out of the text.

They come broken over lines, wrapped by mail filters, without `https`, in the middle of a
sentence, as the bare secret. The rules here know the form of the account system's links;
whether one is real only the account system knows.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from helpdesk.desk.redaction import PLACEHOLDERS, Kind
from helpdesk.desk.redaction.shape import turns_in
from helpdesk.desk.wrapped_links import before_inner, lead_to, readings

REMOVED = PLACEHOLDERS[Kind.LINK]
OUR_FORM = re.compile(
    r"/(?:invite|confirm|reset)/([A-Za-z0-9_-]{43})"
    # Not longer, but for what marks a text as slanted.
    r"(?:(?![A-Za-z0-9_-])|(?=_{1,2}(?![A-Za-z0-9_-])))",
    re.IGNORECASE,
)
OUR_PLACE = re.compile(r"/(?:invite|confirm|reset)(?![\w-])", re.IGNORECASE)
INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
MANY_TURNS = 12
FEWEST_TURNS = 6  # between letters and digits in 43 that were drawn; words have fewer
MOST_PIECES = 5  # of a link that was broken over lines
MOST_JOINS = 60  # tries in one text
END = ".,;:!?'’”»)]}*>|"

_WORDS = r"[^\s<>\"“”]"
_SCHEME = re.compile(rf"(?<![a-z])h(?:tt|xx)ps?://{_WORDS}+", re.IGNORECASE)
_HOST = re.compile(
    r"(?<![\w@.%/:-])(?:(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}|\d{1,3}(?:\.\d{1,3}){3}"
    rf"|localhost)(?::\d{{2,5}})?/{_WORDS}+",
    re.IGNORECASE,
)
_PATH = re.compile(rf"(?<![\w/.:-]){OUR_FORM.pattern}", re.IGNORECASE)
_SECRET = r"[A-Za-z0-9_-]"  # noqa: S105  (what secrets are made of)
_BARE = re.compile(
    rf"(?<![\w%+./=@-])(?:{_SECRET}{{43}}|(?={_SECRET}{{8,42}}(?:=?[ \t]*\r?\n))"
    rf"{_SECRET}{{8,42}}(?:=?[ \t]*\r?\n[ \t>|]*{_SECRET}{{1,42}}){{1,4}})"
    rf"(?![\w%+/=@-]|\.\w)"
)
# Whatever stands beside it.
_RUN = re.compile(rf"{_SECRET}{{43,}}")
_BREAK = re.compile(r"=?[ \t]*\r?\n[ \t>|]*|[ \t]{1,3}")
_PIECE = re.compile(rf"{_WORDS}+")
_MAY_BE_OURS = re.compile(r"reset|invite|confirm|aHR0c", re.IGNORECASE)


@dataclass(frozen=True)
class PastedLink:
    """A link in a text.

    `url` is what it is, in one piece and unwrapped. `has_our_form` tells whether it looks
    like those that open an account, wherever it leads; `leads_to_our_place` whether at
    least its path does. `is_bare` is a secret without any host.
    """

    url: str
    has_our_form: bool
    leads_to_our_place: bool
    is_bare: bool


@dataclass(frozen=True)
class PastedLinks:
    """A text with links in it. `text` may be kept: no link in it opens an account."""

    text: str
    links: tuple[PastedLink, ...]
    words: str  # beside the links

    @property
    def is_alone(self) -> bool:
        """Whether there is nothing but links."""
        return bool(self.links) and not re.search(r"[^\W_]", self.words)


@dataclass(frozen=True)
class _Found:
    """A link, where it stands, and which stretch of it has to go."""

    link: PastedLink
    start: int
    end: int
    cut: tuple[int, int] | None


@dataclass(frozen=True)
class _Piece:
    """Some text in one piece, and where in the whole each of its characters stands."""

    text: str
    at: tuple[int, ...]

    def add(self, match: re.Match[str]) -> "_Piece":
        return _Piece(self.text + match.group(), (*self.at, *range(*match.span())))

    def before(self, end: int) -> "_Piece":
        return _Piece(self.text[:end], self.at[:end])

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.at[start], self.at[end - 1] + 1


def find_pasted(text: str) -> PastedLinks:
    """Find the links of a text, and cut out what opens an account."""
    kept = [i for i, character in enumerate(text) if character not in INVISIBLE]
    view = "".join(text[i] for i in kept)
    found = sorted(_find(view), key=lambda each: each.start)
    words, parts, position = view, [], 0
    for each in found:
        hidden = " " * (each.end - each.start)
        words = words[: each.start] + hidden + words[each.end :]
        if each.cut is not None:
            start, end = kept[each.cut[0]], kept[each.cut[1] - 1] + 1
            parts += [text[position:start], REMOVED]
            position = end
    links = tuple(each.link for each in found)
    text = "".join(parts) + text[position:]
    # Without what was cut, the rest may be seen for what it is.
    return PastedLinks(find_pasted(text).text if parts else text, links, words)


def cut_runs(text: str) -> str:
    """Cut out what is as long as a secret and was drawn like one, wherever it stands."""
    return _RUN.sub(_unless_drawn, text)


def _unless_drawn(run: re.Match[str]) -> str:
    """Return a run of letters and digits, unless a machine has drawn it."""
    return REMOVED if turns_in(run.group()) >= MANY_TURNS else run.group()


def _find(view: str) -> Iterator[_Found]:
    joins = MOST_JOINS
    for pattern in (_SCHEME, _HOST):
        position = 0
        while match := pattern.search(view, position):
            piece, joins = _whole(view, match, joins)
            found = _as_link(piece)
            yield found
            position = max(found.end, match.start() + 1)
            view = _covered(view, found)
    for match in _PATH.finditer(view):
        url = match.group()
        link = PastedLink(url, True, True, is_bare=True)
        yield _Found(link, *match.span(), match.span(1))
        view = view[: match.start()] + " " * len(url) + view[match.end() :]
    for match in _BARE.finditer(view):
        secret = "".join(re.findall(_SECRET, _BREAK.sub("", match.group())))
        if len(secret) == 43 and turns_in(secret) >= FEWEST_TURNS:
            link = PastedLink(secret, True, False, is_bare=True)
            yield _Found(link, *match.span(), match.span())


def _whole(view: str, match: re.Match[str], joins: int) -> tuple[_Piece, int]:
    """Return a link with what follows it on other lines, if that makes it one of ours."""
    first = _Piece(match.group(), tuple(range(*match.span())))
    if _our_form_in(first.text):
        return first, joins
    piece, position = first, match.end()
    for _ in range(MOST_PIECES - 1):
        between = _BREAK.match(view, position)
        more = _PIECE.match(view, between.end()) if between else None
        if more is None or joins <= 0:
            break
        joins -= 1
        stem = piece.text.removesuffix("=") if between else piece.text
        piece = piece.before(len(stem)).add(more)
        position = more.end()
        secret = _our_form_in(piece.text)
        if secret and turns_in(secret) >= FEWEST_TURNS:
            return piece, joins
    return first, joins


def _as_link(piece: _Piece) -> _Found:
    piece = piece.before(len(piece.text.rstrip(END)) or 1)
    url = lead_to(_with_scheme(html.unescape(piece.text)))
    form = OUR_FORM.search(piece.text)
    is_ours = _our_form_in(piece.text) is not None
    start, end = piece.span(0, len(piece.text))
    cut = None
    if form and before_inner(_with_scheme(piece.text)) == _with_scheme(piece.text):
        cut = piece.span(*form.span(1))
    elif is_ours:
        cut = piece.span(_authority_end(piece.text), len(piece.text))
    url = _tidy(url)
    leads = bool(OUR_PLACE.search(url.partition("://")[2]))
    return _Found(PastedLink(url, is_ours, leads, is_bare=False), start, end, cut)


def _our_form_in(link: str) -> str | None:
    """Return the secret of a link of ours, however it is encoded."""
    if not _MAY_BE_OURS.search(link) and "%" not in link:
        return None
    for reading in readings(link):
        found = OUR_FORM.search(reading)
        if found:
            return found.group(1)
    return None


def _with_scheme(link: str) -> str:
    scheme, separator, rest = link.partition("://")
    if not separator or "/" in scheme:
        return f"https://{link}"
    return f"{scheme.lower().replace('x', 't')}://{rest}"


def _tidy(url: str) -> str:
    """Return a link without what comes after its secret, and without tricks."""
    plain = before_inner(url)
    try:
        parts = urlsplit(plain)
    except ValueError:
        return plain
    path = re.sub(r"/{2,}", "/", parts.path)
    found = OUR_FORM.search(path)
    if found:
        return f"{parts.scheme}://{parts.netloc}{path[: found.end(1)]}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{path}{query}"


def _authority_end(link: str) -> int:
    scheme, separator, _ = link.partition("://")
    # Further on, it is another link's, which this one carries.
    begin = len(scheme) + 3 if separator and "/" not in scheme else 0
    ends = [i for i in (link.find(c, begin) for c in "/?#") if i >= 0]
    return min(ends, default=len(link) - 1) + 1


def _covered(view: str, found: _Found) -> str:
    return view[: found.start] + " " * (found.end - found.start) + view[found.end :]
