"""Leaves secrets out of what is said, whatever a driver or a server repeats of them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

HIDDEN = "***"
SHORTEST = 4  # characters; to hide a shorter one would leave no sentence readable
OF_A_URL = re.compile(r"(\w+://[^\s/:@]*):[^\s/]*@")
PREFIX = "LATCHKEY_"
PUBLIC = "LATCHKEY_IDENTITY_KEYS_FILE"  # the keys that vouch for people
TELLING = ("KEY", "TOKEN", "SECRET", "PASSWORD", "FORMER")


class Hider:
    """Knows the secrets of an installation.

    Args:
        environments: The variables of its parts.
    """

    def __init__(self, *environments: Mapping[str, str]) -> None:
        values = {value for each in environments for value in _secrets_in(each)}
        self._values = sorted(values, key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Return the text without any secret."""
        hidden = OF_A_URL.sub(rf"\1:{HIDDEN}@", text)
        for value in self._values:
            hidden = hidden.replace(value, HIDDEN)
        return hidden


def _secrets_in(variables: Mapping[str, str]) -> Iterable[str]:
    for name, text in variables.items():
        if not name.startswith(PREFIX) or name == PUBLIC or not text.strip():
            continue
        own = name.removeprefix(PREFIX)
        value = _content(text) if name.endswith("_FILE") else text
        is_secret = any(word in own for word in TELLING)
        parts = value.replace(",", " ").split() if is_secret else []
        found = [value.strip(), *parts] if is_secret else []
        password = _password_in(value)
        found += [password, unquote(password)]
        yield from (each for each in found if len(each) >= SHORTEST)


def _content(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _password_in(value: str) -> str:
    try:
        return urlsplit(value.strip()).password or ""
    except ValueError:
        return ""
