"""Reading settings from environment variables, with errors that name the variable."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from foundation.secret import Secret, former_in

HIGHEST_PORT = 65535


class SettingsError(ValueError):
    """A setting is missing or wrong; the sentence says which and why."""


class Environment:
    """Typed access to a mapping of environment variables."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str) -> str:
        """Return a variable, or the default if it is unset or blank."""
        return self._variables.get(name, "").strip() or default

    def port(self, name: str, default: int) -> int:
        """Return a TCP port."""
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
            raise SettingsError(f"{name} must be a port number, not {text!r}.")
        return int(text)

    def number(self, name: str, default: int) -> int:
        """Return a whole number that is not negative."""
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit():
            raise SettingsError(f"{name} must be a whole number, not {text!r}.")
        return int(text)

    def url(self, name: str, default: str) -> str:
        """Return an HTTP address without a slash at its end."""
        return _url(name, self.text(name, default))

    def urls(self, name: str, default: str) -> tuple[str, ...]:
        """Return a comma-separated list of HTTP addresses, each once."""
        words = self.words(name) or (default,)
        return tuple(dict.fromkeys(_url(name, word) for word in words))

    def origins(self, name: str) -> tuple[str, ...]:
        """Return a comma-separated list of origins, `scheme://host[:port]` each."""
        origins = tuple(word.rstrip("/") for word in self.words(name))
        for origin in origins:
            parts = urlsplit(origin)
            is_origin = parts.scheme in {"http", "https"} and parts.netloc
            if not is_origin or f"{parts.scheme}://{parts.netloc}" != origin:
                raise SettingsError(
                    f"{name} must list origins like https://www.example.com, "
                    f"not {origin!r}."
                )
        return origins

    def flag(self, name: str) -> bool:
        """Return a yes/no variable; unset means no."""
        text = self.text(name, "0").lower()
        if text in {"1", "true", "yes", "on"}:
            return True
        if text in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(f"{name} must be 1 or 0, not {text!r}.")

    def words(self, name: str) -> tuple[str, ...]:
        """Return a comma-separated list."""
        parts = (part.strip() for part in self.text(name, "").split(","))
        return tuple(part for part in parts if part)

    def secret(self, name: str, *, at_least: int = 0) -> str:
        """Return a secret from NAME, or from the file that NAME_FILE points at.

        Args:
            name: The variable's name.
            at_least: The shortest length that is accepted; 0 makes it optional.

        Raises:
            SettingsError: It is missing, too short or its file cannot be read.
        """
        value = self._text_or_file(name)
        if at_least and not value:
            raise SettingsError(f"{name} (or {name}_FILE) must be set.")
        _check_length(name, value, at_least)
        return value

    def rotating_secret(self, name: str, *, at_least: int) -> Secret:
        """Return a secret with those before it, from NAME_FORMER or NAME_FORMER_FILE.

        Args:
            name: The variable's name. The former ones stand with commas, or line by
                line, between them; the newest first.
            at_least: The shortest length that is accepted.

        Raises:
            SettingsError: One is missing, too short or cannot be read.
        """
        current = self.secret(name, at_least=at_least)
        before = f"{name}_FORMER"
        former = former_in(self._text_or_file(before))
        for value in former:
            _check_length(before, value, at_least)
        return Secret(current, former)

    def _text_or_file(self, name: str) -> str:
        value = self.text(name, "")
        path = self.text(f"{name}_FILE", "")
        if value and path:
            raise SettingsError(f"Set {name} or {name}_FILE, not both.")
        if not path:
            return value
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE: cannot read {path}.") from error


def _url(name: str, text: str) -> str:
    url = text.rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingsError(f"{name} must start with http:// or https://, not {url!r}.")
    return url


def _check_length(name: str, value: str, at_least: int) -> None:
    if len(value) < at_least:
        raise SettingsError(f"{name} must have at least {at_least} characters.")
