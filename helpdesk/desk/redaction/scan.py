"""Runs the rules over a text in their order, and puts placeholders where they found something.

What is settled is covered by private characters of the same length: a later rule sees an
e-mail address, a link or a secret as one opaque word, so that no rule can touch an address
or find a secret twice, and positions stay those of the original.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from helpdesk.desk.redaction import codes, keys, links, numbers, passwords
from helpdesk.desk.redaction.cover import ADDRESS, SECRET, covered
from helpdesk.desk.redaction.kinds import PLACEHOLDERS, Secret

Rule = Callable[[str], Iterable[Secret]]

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS.values())))
_ADDRESS = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~-])(?P<name>[\w.!#$%&'*+/=?^`{|}~-]++)@[\w-]++(?:\.[\w-]++)++"
)
# Legal in a name, but what stands before them is rather `?token=…&email=` or `hunter2/`.
_SEPARATOR = re.compile(r".*[=/?&|](?=.)", re.DOTALL)
_BEFORE_ADDRESSES: tuple[Rule, ...] = (keys.find_blocks, links.find_with_scheme)
_AFTER_ADDRESSES: tuple[Rule, ...] = (
    links.find_without_scheme,
    keys.find_keys,
    numbers.find_numbers,
    codes.find_codes,
    passwords.find_passwords,
)
# A secret can give its neighbour away, which the next round finds. Two rounds are usual.
_MOST_ROUNDS = 6


@dataclass(frozen=True)
class Redacted:
    """A text that may be kept, and the kinds of what was cut out, in order."""

    text: str
    kinds: tuple[str, ...]


def redact(text: str) -> Redacted:
    """Replace the secrets in what a contact typed by words that say what was there.

    Doing it again changes nothing. E-mail addresses are never touched.
    """
    kinds: dict[str, None] = {}
    for _ in range(_MOST_ROUNDS):
        secrets = find_secrets(text)
        if not secrets:
            break
        # The words that take a secret's place may lead to what stands beside it.
        text = _cut(text, secrets)
        kinds |= dict.fromkeys(secret.kind.value for secret in secrets)
    return Redacted(text, tuple(kinds))


def _cut(text: str, secrets: Iterable[Secret]) -> str:
    parts = []
    position = 0
    for secret in secrets:
        parts += [text[position : secret.start], PLACEHOLDERS[secret.kind]]
        position = secret.end
    return "".join(parts) + text[position:]


def find_secrets(text: str) -> list[Secret]:
    """Return where the secrets of a text are, from left to right."""
    found: list[Secret] = []
    view = covered(text, (m.span() for m in _PLACEHOLDER.finditer(text)), SECRET)
    for _ in range(_MOST_ROUNDS):
        view, fresh = _round(view)
        found += fresh
        if not fresh:
            break
    return _joined(sorted(found, key=lambda secret: secret.start))


def _round(view: str) -> tuple[str, list[Secret]]:
    found: list[Secret] = []

    def run(rules: Iterable[Rule], seen: str) -> str:
        for rule in rules:
            fresh = _apart(rule(seen))
            found.extend(fresh)
            seen = covered(seen, ((s.start, s.end) for s in fresh), SECRET)
        return seen

    before = run(_BEFORE_ADDRESSES, view)
    addresses = _addresses(links.cover_schemes(before))
    run(_AFTER_ADDRESSES, links.cover_schemes(covered(before, addresses, ADDRESS)))
    return covered(view, ((s.start, s.end) for s in found), SECRET), found


def _addresses(text: str) -> list[tuple[int, int]]:
    spans = []
    for match in _ADDRESS.finditer(text):
        other = _SEPARATOR.match(match["name"])
        spans.append((match.start() + (other.end() if other else 0), match.end()))
    return spans


def _apart(secrets: Iterable[Secret]) -> list[Secret]:
    """Keep the first, and the longest of those that start together."""
    kept: list[Secret] = []
    for secret in sorted(secrets, key=lambda s: (s.start, -s.end)):
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
    return kept


def _joined(secrets: list[Secret]) -> list[Secret]:
    """Make one of neighbours of a kind that nothing separates."""
    joined: list[Secret] = []
    for secret in secrets:
        last = joined[-1] if joined else None
        if last and last.kind is secret.kind and last.end == secret.start:
            joined[-1] = Secret(last.kind, last.start, secret.end)
        else:
            joined.append(secret)
    return joined
