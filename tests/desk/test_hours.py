"""Opening hours: read with care, right across clock changes and holidays."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation.environment import SettingsError
from helpdesk.desk.hours import Hours, read_hours
from helpdesk.settings import HelpdeskSettings
from tests.accounts.service import ROOT
from tests.helpdesk.running import TEST_KEY

OFFICE = """
hours:
  time_zone: Europe/Amsterdam
  days:
    monday: 9:00-17:00
    tuesday: 9:00-12:30, 13:30-17:00
    wednesday: 0:00-24:00
    sunday: 9:00-17:00
  holidays: NL
  closed: [2026-03-10]
"""


def read(folder: Path, text: str) -> Hours:
    path = folder / "settings.yml"
    path.write_text(text, encoding="utf-8")
    return read_hours(path)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["names: {}", "hours: always", ""])
def test_without_hours_people_come_when_they_come(tmp_path: Path, text: str) -> None:
    hours = read(tmp_path, text)
    assert hours.is_open(at("2026-01-01T03:00"))
    assert hours.opens_at(at("2026-01-01T03:00")) is None


@pytest.mark.parametrize(
    ("moment", "opens_at"),
    [
        ("2026-03-02T07:59", "2026-03-02T08:00"),  # a Monday; 9:00 is 8:00 in UTC
        ("2026-03-02T08:00", None),
        ("2026-03-02T15:59", None),
        ("2026-03-02T16:00", "2026-03-03T08:00"),
        ("2026-03-03T11:45", "2026-03-03T12:30"),  # lunch
        ("2026-03-03T22:59", "2026-03-03T23:00"),  # midnight of Wednesday
        ("2026-03-04T22:59", None),
        ("2026-03-04T23:00", "2026-03-08T08:00"),
        ("2026-03-09T17:00", "2026-03-10T23:00"),  # the 10th is closed
        ("2026-03-28T12:00", "2026-03-29T07:00"),  # clocks went forward
        ("2026-04-05T07:30", "2026-04-07T07:00"),  # Easter Sunday and Monday
    ],
)
def test_the_office_keeps_its_hours(
    tmp_path: Path, moment: str, opens_at: str | None
) -> None:
    hours = read(tmp_path, OFFICE)
    expected = at(opens_at) if opens_at else None
    assert hours.opens_at(at(moment)) == expected
    assert hours.is_open(at(moment)) == (opens_at is None)


def test_who_never_opens_promises_nothing() -> None:
    never = Hours(days=((),) * 7)
    assert not never.is_open(at("2026-03-02T10:00"))
    assert never.opens_at(at("2026-03-02T10:00")) is None


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("hours: never", "hours must be 'always' or have the key 'days'"),
        ("hours: {days: {}}", "hours lacks days"),
        ("hours: {days: {monday: 9-17}}", "hours.days.monday must be like 9:00-17:00"),
        ("hours: {days: {monday: 9:60-17:00}}", "is no time of a day"),
        ("hours: {days: {monday: 9:00-25:00}}", "is no time of a day"),
        ("hours: {days: {monday: 17:00-9:00}}", "ends before it begins"),
        (
            "hours: {days: {monday: '9:00-12:00, 11:00-17:00'}}",
            "hours.days.monday: the times must follow each other",
        ),
        ("hours: {days: {Monday: 9:00-17:00}}", "unknown day 'Monday'"),
        ("hours: {day: {monday: 9:00-17:00}}", "unknown key 'day'"),
        (
            "hours: {time_zone: Mars, days: {monday: 9:00-17:00}}",
            "hours.time_zone must be one like Europe/Madrid, not 'Mars'",
        ),
        (
            "hours: {holidays: Atlantis, days: {monday: 9:00-17:00}}",
            "hours.holidays must be a country such as NL, not 'Atlantis'",
        ),
        (
            "hours: {closed: [Christmas], days: {monday: 9:00-17:00}}",
            "hours.closed must list days such as 2026-12-24",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_file(
    tmp_path: Path, section: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=r"settings\.yml") as error:
        read(tmp_path, section)
    assert problem in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for text in (None, "hours: ["):
        path = tmp_path / "other.yml"
        if text is not None:
            path.write_text(text)
        with pytest.raises(SettingsError, match=r"LATCHKEY_SETTINGS: cannot read"):
            read_hours(path)


def test_the_settings_of_the_help_desk_hold_hours_and_turn_cap() -> None:
    keys = dict.fromkeys(
        (
            *("LATCHKEY_TURN_KEY", "LATCHKEY_ACTOR_KEY"),
            *("LATCHKEY_HELPDESK_SECRET", "LATCHKEY_PSEUDONYM_KEY"),
        ),
        TEST_KEY,
    )
    product = {"LATCHKEY_SETTINGS": str(ROOT / "settings.yml")}
    settings = HelpdeskSettings.from_environment({**keys, **product})
    assert settings.hours == Hours()
    assert settings.turn_cap == 30
    other = {**keys, **product, "LATCHKEY_TURN_CAP": "0"}
    assert HelpdeskSettings.from_environment(other).turn_cap == 0
