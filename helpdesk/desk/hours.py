"""Opening hours: when people are there, read from the product's settings file.

Times are those of the office's own zone, so they stay what they are when clocks change.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from foundation.environment import SettingsError
from foundation.settings_file import read_settings_file

ALWAYS = "always"
DAYS = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)
KEYS = {"time_zone", "days", "holidays", "closed"}
LOOK_AHEAD = 366  # days; who opens less often than once a year does not open
MIDNIGHT = time(0)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")

Span = tuple[timedelta, timedelta]  # since midnight


@dataclass(frozen=True)
class Hours:
    """When people are there; without `days`, always.

    `holidays` answers `in` for a date: a day on which nobody comes.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    days: tuple[tuple[Span, ...], ...] | None = None
    holidays: Any = frozenset()
    closed: frozenset[date] = frozenset()

    def is_open(self, now: datetime) -> bool:
        """Tell whether people are there at a moment."""
        if self.days is None:
            return True
        today = now.astimezone(self.zone).date()
        return any(begin <= now < end for begin, end in self._spans(today))

    def opens_at(self, now: datetime) -> datetime | None:
        """Return when people come next; None if they are there, or never come."""
        if self.is_open(now):
            return None
        today = now.astimezone(self.zone).date()
        for ahead in range(LOOK_AHEAD + 1):
            for begin, _ in self._spans(today + timedelta(days=ahead)):
                if begin > now:
                    return begin
        return None

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        if self.days is None or day in self.closed or day in self.holidays:
            return []
        spans = self.days[day.weekday()]
        return [(self._at(day, begin), self._at(day, end)) for begin, end in spans]

    def _at(self, day: date, since_midnight: timedelta) -> datetime:
        wall = datetime.combine(day, MIDNIGHT) + since_midnight
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def read_hours(path: Path) -> Hours:
    """Read the `hours:` section of settings.yml; without it, always.

    Raises:
        SettingsError: The file cannot be read, or the section cannot be understood.
    """
    section = read_settings_file(path).get("hours", ALWAYS)
    if section == ALWAYS:
        return Hours()
    try:
        return _hours(section)
    except _WrongError as error:
        raise SettingsError(f"{path}: {error}") from error


class _WrongError(ValueError):
    """What is wrong with the section."""


def _hours(section: Any) -> Hours:
    if not isinstance(section, dict):
        raise _WrongError("hours must be 'always' or have the key 'days'.")
    if unknown := sorted(str(key) for key in set(section) - KEYS):
        raise _WrongError(f"hours has the unknown key {unknown[0]!r}.")
    days = section.get("days")
    if not isinstance(days, dict) or not days:
        raise _WrongError("hours lacks days, such as 'monday: 9:00-17:00'.")
    if wrong := [str(day) for day in days if day not in DAYS]:
        raise _WrongError(f"hours.days has the unknown day {wrong[0]!r}.")
    return Hours(
        zone=_zone(section.get("time_zone", "UTC")),
        days=tuple(_day(days, day) for day in DAYS),
        holidays=_holidays(section.get("holidays")),
        closed=_closed(section.get("closed", [])),
    )


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (LookupError, ValueError, OSError) as error:
        message = f"hours.time_zone must be one like Europe/Madrid, not {name!r}."
        raise _WrongError(message) from error


def _day(days: Mapping[Any, Any], day: str) -> tuple[Span, ...]:
    text = days.get(day)
    if text is None:
        return ()
    spans = [_span(day, part.strip()) for part in str(text).split(",")]
    for earlier, later in pairwise(spans):
        if later[0] < earlier[1]:
            raise _WrongError(f"hours.days.{day}: the times must follow each other.")
    return tuple(spans)


def _span(day: str, text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise _WrongError(f"hours.days.{day} must be like 9:00-17:00, not {text!r}.")
    hours, minutes, end_hours, end_minutes = (int(number) for number in found.groups())
    begin = timedelta(hours=hours, minutes=minutes)
    end = timedelta(hours=end_hours, minutes=end_minutes)
    if max(minutes, end_minutes) >= 60 or end > timedelta(hours=24):
        raise _WrongError(f"hours.days.{day}: {text!r} is no time of a day.")
    if begin >= end:
        raise _WrongError(f"hours.days.{day}: {text!r} ends before it begins.")
    return begin, end


def _holidays(place: Any) -> Any:
    if place is None:
        return frozenset()
    country, _, subdivision = str(place).partition("-")
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        message = f"hours.holidays must be a country such as NL, not {place!r}."
        raise _WrongError(message) from error


def _closed(days: Any) -> frozenset[date]:
    is_list = isinstance(days, list)
    if not is_list or any(type(day) is not date for day in days):
        raise _WrongError("hours.closed must list days such as 2026-12-24.")
    return frozenset(days)
