"""Links that mail filters have put into links of their own, taken out again.

Only the filters named here are believed: any other host that carries a link inside is a
host of its own, whatever it carries.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

FILTERS = (
    *("safelinks.protection.outlook.com", "safelinks.protection.office365.us"),
    *("urldefense.com", "urldefense.us", "urldefense.proofpoint.com"),
    *("linkprotect.cudasvc.com", "protection.sophos.com", "secure-web.cisco.com"),
    *("clicktime.symantec.com", "clicktime.cloud.postoffice.net"),
    *("protect.checkpoint.com", "link.edgepilot.com", "url.emailprotection.link"),
    *(
        "imsva91-ctp.trendmicro.com",
        "www.google.com",
        "l.facebook.com",
        "deref-gmx.net",
    ),
    *("deref-web.de", "deref-mail.com", "click.pstmrk.it"),
)
DEEPEST = 3  # one filter's link in another's
_V3 = re.compile(r"/v3/__(.+)__;")
_INSIDE = re.compile(r"https?(?:://?|%3a(?:%2f){1,2})", re.IGNORECASE)
_ONE_SLASH = re.compile(r"^(https?):/+", re.IGNORECASE)
_ESCAPED = re.compile(r"-(?=[0-9A-Fa-f]{2})")


def lead_to(link: str) -> str:
    """Return where a link leads, as far as that can be read from it."""
    for _ in range(DEEPEST):
        inner = _inner(link) if is_of_a_filter(link) else None
        if inner is None:
            return link
        link = _ONE_SLASH.sub(r"\1://", inner)
    return link


def is_of_a_filter(link: str) -> bool:
    """Tell whether a link belongs to a filter that is known to carry others' links."""
    try:
        host = (urlsplit(link).hostname or "").rstrip(".")
    except ValueError:
        return False
    return any(host == known or host.endswith(f".{known}") for known in FILTERS)


def readings(link: str) -> Iterator[str]:
    """Return a link in each way in which it may carry another: decoded in every way."""
    plain = html.unescape(link)
    yield plain
    for _ in range(DEEPEST):
        decoded = unquote(plain)
        if decoded == plain:
            break
        plain = decoded
        yield plain
    yield _unescaped(plain)
    yield from _from_base64(link)


def before_inner(link: str) -> str:
    """Return a link up to another one that it carries."""
    authority_at = link.find("://") + 3
    inside = _INSIDE.search(link, authority_at)
    return link[: inside.start()] if inside else link


def _inner(link: str) -> str | None:
    defended = _V3.search(link)
    if defended:
        return defended.group(1)
    query = parse_qsl(html.unescape(urlsplit(link).query))
    if "urldefense" in link and "/v2/" in link:
        return next((_unescaped(value) for name, value in query if name == "u"), None)
    values = [unquote(value) for _, value in query]
    path = unquote(unquote(urlsplit(link).path))
    inside = _INSIDE.search(path)
    found = [*values, *_from_base64(link)]
    if inside:
        found.append(path[inside.start() :])
    return next((each for each in found if _INSIDE.match(each)), None)


def _unescaped(text: str) -> str:
    """Undo how one filter writes links: `-3A` for `:`, `_` for `/`."""
    return unquote(_ESCAPED.sub("%", text.replace("_", "/")))


def _from_base64(link: str) -> Iterator[str]:
    try:
        query = parse_qsl(html.unescape(urlsplit(link).query))
    except ValueError:
        return
    for _, value in query:
        if not value.startswith("aHR0c"):  # `http` in base64
            continue
        padded = value.replace(" ", "+") + "=" * (-len(value) % 4)
        try:
            yield base64.b64decode(padded, altchars=b"-_").decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue
