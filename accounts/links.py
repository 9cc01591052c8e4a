"""Links in mails: made, recognised, judged and redeemed once.

A link's secret is derived from the server's secret and the row's id, so that a mail can
be written again after a crash although the database holds nothing but a hash.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.models import Account, Token
from accounts.references import References
from accounts.words import LinkState, Purpose
from foundation.secret import Secret

LIFETIMES = {
    Purpose.INVITE: timedelta(hours=72),
    Purpose.CONFIRM: timedelta(hours=72),
    Purpose.PASSWORD_RESET: timedelta(hours=1),
}
PATHS = {
    Purpose.INVITE: "invite",
    Purpose.CONFIRM: "confirm",
    Purpose.PASSWORD_RESET: "reset",
}
PATTERN = re.compile(rf"/(?:{'|'.join(PATHS.values())})/([A-Za-z0-9_-]{{43}})(?![\w-])")
# Every beginning of a link, also one inside another.
ANY_LINK = re.compile(r"(?=(https?://[^\s<>\"']+))", re.IGNORECASE)
BARE_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST_LINK = 4000


@dataclass(frozen=True)
class Links:
    """Makes links under one server secret and one public address."""

    secret: Secret
    public_url: str

    @cached_property
    def references(self) -> References:
        """The references to accounts that are made under the same secret."""
        return References(self.secret)

    def issue(
        self, session: Session, account: Account, purpose: Purpose, now: datetime
    ) -> Token:
        """Create a link; older open ones of the same purpose are replaced."""
        replace_open_links(session, account, now, purpose=purpose)
        token = Token(
            id=uuid4(),
            account=account,
            purpose=purpose,
            issued_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
        token.token_hash = hash_secret(self._secret_of(token))
        session.add(token)
        session.flush()
        return token

    def start_lifetime(self, token: Token, now: datetime) -> None:
        """Let a link's time begin when its mail leaves, not when it was queued."""
        token.issued_at = now
        token.expires_at = now + LIFETIMES[token.purpose]
        # Differs only if the server's secret was changed while the mail waited.
        token.token_hash = hash_secret(self._secret_of(token))

    def url(self, token: Token) -> str:
        """Return the address that goes into the mail."""
        return f"{self.public_url}/{PATHS[token.purpose]}/{self._secret_of(token)}"

    def find(self, session: Session, link: str) -> Token | None:
        """Return the row for a pasted link, whatever a mail program did to it."""
        secret = self._secret_in(link)
        if secret is None:
            return None
        return find_token(session, secret)

    def is_ours(self, link: str) -> bool:
        """Tell whether every link in a pasted text leads to this system.

        A link of ours inside a foreign one is no proof: anybody can write that.
        """
        pasted = link[:LONGEST_LINK]
        for text in (pasted, re.sub(r"\s+", "", pasted)):
            found = ANY_LINK.findall(text)
            if found and all(self._is_our_place(place) for place in found):
                return True
        return False

    def _is_our_place(self, place: str) -> bool:
        ours = urlsplit(self.public_url)
        try:
            theirs = urlsplit(place)
        except ValueError:
            return False
        # The whole authority, so that nobody hides behind `ours@theirs.example`.
        is_there = theirs.netloc.lower() == ours.netloc.lower()
        return is_there and f"{theirs.path}/".startswith(f"{ours.path}/")

    def _secret_in(self, link: str) -> str | None:
        pasted = link[:LONGEST_LINK]
        in_one_line = re.sub(r"\s+", "", pasted)
        if BARE_SECRET.fullmatch(in_one_line):
            return in_one_line
        for text in (pasted, in_one_line):
            # Mail filters wrap links into their own, with ours encoded once or twice.
            for plain in (text, unquote(text), unquote(unquote(text))):
                found = PATTERN.search(plain)
                if found and self._is_ours(plain, found.start()):
                    return found.group(1)
        return None

    def _is_ours(self, text: str, path_at: int) -> bool:
        ours = urlsplit(self.public_url)
        before = text[:path_at].lower()
        return not before or before.endswith(f"//{ours.netloc}{ours.path}".lower())

    def _secret_of(self, token: Token) -> str:
        message = f"link:{token.purpose}:{token.id}".encode()
        digest = hmac.new(self.secret.current.encode(), message, sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_secret(secret: str) -> str:
    """Return the only form in which a link's or cookie's secret is stored."""
    return sha256(secret.encode()).hexdigest()


def find_token(session: Session, secret: str) -> Token | None:
    """Return the row that belongs to a link's secret."""
    return session.scalar(select(Token).where(Token.token_hash == hash_secret(secret)))


def state_of(token: Token | None, now: datetime) -> LinkState:
    """Say what became of a link."""
    if token is None:
        return LinkState.UNKNOWN
    if token.used_at:
        return LinkState.USED
    if token.replaced_at:
        return LinkState.REPLACED
    return LinkState.EXPIRED if token.expires_at <= now else LinkState.VALID


def redeem(session: Session, token: Token, now: datetime) -> bool:
    """Use a link up; False if somebody else was faster or it is not valid."""
    won = session.execute(
        update(Token)
        .where(
            Token.id == token.id,
            Token.used_at.is_(None),
            Token.replaced_at.is_(None),
            Token.expires_at > now,
        )
        .values(used_at=now)
        .returning(Token.id)
    ).first()
    return won is not None


def replace_open_links(
    session: Session,
    account: Account,
    now: datetime,
    *,
    purpose: Purpose | None = None,
) -> None:
    """Mark an account's unused links as replaced, of one purpose or of all."""
    replaced = update(Token).where(
        Token.account_id == account.id,
        Token.used_at.is_(None),
        Token.replaced_at.is_(None),
    )
    if purpose:
        replaced = replaced.where(Token.purpose == purpose)
    session.execute(replaced.values(replaced_at=now))
