"""How long what people wrote is kept: the `retention:` section of settings.yml."""

from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from foundation.environment import SettingsError
from foundation.settings_file import read_settings_file

KEEP = "keep"
LONGEST_DAYS = 36_500


@dataclass(frozen=True)
class RetentionRules:
    """How long each kind is kept after it was last of use; None is for good.

    `conversations` counts from their last message, whoever wrote it; `visits` from their
    end; `tracker` is the assistant's working memory, from its last turn.
    """

    conversations: timedelta | None = timedelta(days=730)
    attachments: timedelta | None = timedelta(days=365)
    visits: timedelta | None = timedelta(days=90)
    drafts: timedelta | None = timedelta(days=30)
    tracker: timedelta | None = timedelta(days=30)
    logs: timedelta | None = timedelta(days=30)

    @property
    def of_assistant(self) -> timedelta | None:
        """How long the assistant remembers: never longer than there is a conversation."""
        limits = [each for each in (self.tracker, self.conversations) if each]
        return min(limits, default=None)


KINDS = tuple(each.name for each in fields(RetentionRules))


def read_retention(path: Path) -> RetentionRules:
    """Read the section; what it leaves out has its default.

    Raises:
        SettingsError: The file cannot be read, or the section cannot be understood.
    """
    section = read_settings_file(path).get("retention", {})
    if not isinstance(section, dict):
        raise SettingsError(f"{path}: retention must have keys such as {KINDS[0]!r}.")
    if unknown := sorted(str(key) for key in section if key not in KINDS):
        raise SettingsError(f"{path}: retention has the unknown key {unknown[0]!r}.")
    spans = {str(key): _span(path, str(key), given) for key, given in section.items()}
    return RetentionRules(**spans)


def _span(path: Path, kind: str, given: Any) -> timedelta | None:
    if given == KEEP:
        return None
    is_number = isinstance(given, int) and not isinstance(given, bool)
    if not is_number or not 1 <= given <= LONGEST_DAYS:
        wrong = f"retention.{kind} must be a number of days or {KEEP!r}, not {given!r}."
        raise SettingsError(f"{path}: {wrong}")
    return timedelta(days=given)
