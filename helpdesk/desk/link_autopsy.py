"""The link autopsy: what became of a link that somebody pasted, found out beforehand.

The account backend is asked before the message is kept, because afterwards the secret is
gone. It judges a link without using it up. Whatever it does not say within two seconds is
`unchecked`, and the message is taken all the same. Asking is limited for each visit and
each address, and where that cannot be counted nothing is asked: nobody tries secrets here.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from accounts.client import LinkInspection
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.action_limits import line_of
from helpdesk.desk.errors import TooFastError
from helpdesk.desk.limits import Limit, RateLimits
from helpdesk.desk.pasted_links import PastedLink, PastedLinks, find_pasted
from helpdesk.desk.signals import Signals

PAYLOAD = "/report_link"
DEAD_LINK = "dead_link"  # of templates/signals.yml
MOST_ASKED = 2  # links of one message


class SeenState(StrEnum):
    """What became of a pasted link."""

    VALID = "valid"
    EXPIRED = "expired"
    USED = "used"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"  # it leads to somebody else
    UNCHECKED = "unchecked"  # nobody could be asked


@dataclass(frozen=True)
class SeenLink:
    """A link that was looked at; it does not hold the link."""

    state: SeenState
    purpose: str = ""
    issued_at: datetime | None = None
    # When it ended, or will.
    ended_at: datetime | None = None
    reference: str = ""

    @property
    def payload(self) -> str:
        """What the assistant hears instead of the text."""
        entities = {
            "link_state": self.state.value,
            "link_purpose": self.purpose,
            "link_issued": _text(self.issued_at),
            "link_ended": _text(self.ended_at),
            "link_reference": self.reference,
        }
        return f"{PAYLOAD}{json.dumps(entities)}"

    @property
    def details(self) -> dict[str, Any]:
        """What agents are shown beside the message."""
        return {"state": self.state.value, "purpose": self.purpose or None}


@dataclass(frozen=True)
class LinkAutopsy:
    """Looks at the links of messages."""

    backend: AccountBackend
    limits: RateLimits
    signals: Signals

    async def examine(self, text: str, who: str, address: str) -> SeenLink | None:
        """Return what became of the link in a text; None if the text is about others.

        Args:
            text: As it was typed.
            who: Whose allowance it uses: a visit, or a conversation.
            address: The network address that it came from, or what stands for it.
        """
        pasted = find_pasted(text)
        if not pasted.links:
            return None
        is_about = pasted.is_alone or self.signals.has(DEAD_LINK, pasted.words)
        wanted = _likeliest(pasted, is_about=is_about)
        if not wanted:
            return None
        seen = await asyncio.gather(
            *(self._look(link, who, address) for link in wanted)
        )
        told = [
            each
            for link, each in zip(wanted, seen, strict=True)
            if _is_worth_telling(pasted, link, each, is_about=is_about)
        ]
        return min(told, key=lambda each: _FIRST.index(each.state), default=None)

    async def _look(self, link: PastedLink, who: str, address: str) -> SeenLink:
        try:
            self.limits.count(Limit.LINKS, who)
            self.limits.count(Limit.ADDRESS_LINKS, line_of(address))
            found = await self.backend.inspect_link(link.url)
        except (TooFastError, BackendError):
            return SeenLink(SeenState.UNCHECKED)
        return _seen(link, found)


# Of several links in a message, what is said is about the first of these.
_FIRST = (
    *(SeenState.VALID, SeenState.EXPIRED, SeenState.USED, SeenState.REPLACED),
    *(SeenState.WITHDRAWN, SeenState.UNKNOWN, SeenState.UNCHECKED, SeenState.FOREIGN),
)


def _likeliest(pasted: PastedLinks, *, is_about: bool) -> Sequence[PastedLink]:
    """Return the links to ask about: in our form, or those that the words are about."""
    wanted = [link for link in pasted.links if is_about or link.leads_to_our_place]
    wanted += [
        link for link in pasted.links if link.has_our_form and link not in wanted
    ]
    return sorted(wanted, key=lambda link: not link.has_our_form)[:MOST_ASKED]


def _is_worth_telling(
    pasted: PastedLinks, link: PastedLink, seen: SeenLink, *, is_about: bool
) -> bool:
    """Tell whether a message is about this link, and does not only mention it."""
    if pasted.is_alone or link.has_our_form or seen.purpose:
        return True
    if (
        seen.state is SeenState.UNKNOWN
    ):  # a page of the account system, such as its door
        return is_about and link.leads_to_our_place
    return is_about


def _seen(link: PastedLink, found: LinkInspection) -> SeenLink:
    if found.withdrawn_at is not None:
        state = SeenState.WITHDRAWN
    else:
        state = SeenState(found.state.value)
    if state is SeenState.UNKNOWN and not found.is_ours and not link.is_bare:
        state = SeenState.FOREIGN
    ended = {
        SeenState.VALID: found.expires_at,
        SeenState.EXPIRED: found.expires_at,
        SeenState.USED: found.used_at,
        SeenState.REPLACED: found.replaced_at,
        SeenState.WITHDRAWN: found.withdrawn_at,
    }
    purpose = found.purpose.value if found.purpose else ""
    reference = found.reference or ""
    return SeenLink(state, purpose, found.issued_at, ended.get(state), reference)


def _text(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
