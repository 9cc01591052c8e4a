"""Devices that an agent has signed in with before, by a cookie that we signed.

Whoever guesses a password from elsewhere has none, so what they do is counted apart from
what the agent does. The cookie opens nothing: the password is asked for all the same.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer

from foundation.secret import Secret
from helpdesk.desk.typed_text import clean_text

LIFE = timedelta(days=180)
MOST_AGENTS = 5  # that share one browser
BETWEEN, INSIDE = "~", "."
LONGEST_COOKIE = 1_500


@dataclass(frozen=True)
class _Device:
    who: str
    number: str
    known_at: int


class KnownDevices:
    """Signs and reads the cookie of a browser.

    Args:
        secret: The service's secret.
    """

    def __init__(self, secret: Secret) -> None:
        keys = secret.oldest_first
        self._signer = Signer(keys, salt="agent device", sep=INSIDE)

    def find(self, cookie: str, who: str, now: datetime) -> str | None:
        """Return the number of the device if this agent has signed in with it.

        Args:
            cookie: What the browser sent.
            who: The agent, in a form without separators.
            now: The moment.
        """
        found = (each.number for each in self._read(cookie, now) if each.who == who)
        return next(found, None)

    def remember(self, cookie: str, who: str, now: datetime) -> str:
        """Return the cookie of a browser that this agent has now signed in with."""
        known = self._read(cookie, now)
        number = self.find(cookie, who, now) or secrets.token_urlsafe(12)
        others = [each for each in known if each.who != who][: MOST_AGENTS - 1]
        devices = [_Device(who, number, int(now.timestamp())), *others]
        return BETWEEN.join(map(self._sign, devices))

    def _sign(self, device: _Device) -> str:
        fields = (device.who, device.number, str(device.known_at))
        return self._signer.sign(INSIDE.join(fields)).decode()

    def _read(self, cookie: str, now: datetime) -> list[_Device]:
        oldest = int((now - LIFE).timestamp())
        devices = []
        for part in clean_text(cookie[:LONGEST_COOKIE]).split(BETWEEN):
            try:
                fields = self._signer.unsign(part).decode().split(INSIDE)
            except BadSignature:
                continue
            device = _Device(fields[0], fields[1], int(fields[2]))
            if device.known_at >= oldest:
                devices.append(device)
        return devices
