"""Moments in words: how long ago, how much longer, and on which day."""

from datetime import datetime, timedelta

from actions.words import Words

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONTH = timedelta(days=30)
# Up to its limit a time is told in this unit.
UNITS = (
    (90 * MINUTE, MINUTE, "utter_span_minutes"),
    (36 * HOUR, HOUR, "utter_span_hours"),
    (60 * DAY, DAY, "utter_span_days"),
    (timedelta.max, MONTH, "utter_span_months"),
)


def span(words: Words, length: timedelta) -> str:
    """Return a length of time as people say it, as in “3 days”."""
    unit, response = next((u, r) for limit, u, r in UNITS if length < limit)
    return words.count(response, max(1, round(length / unit)))


def ago(words: Words, then: datetime, now: datetime) -> str:
    """Return how long ago a moment was, as in “3 days ago”."""
    if now - then < MINUTE:
        return words.say("utter_just_now")
    return words.say("utter_ago", span=span(words, now - then))


def stamp(words: Words, then: datetime, now: datetime) -> str:
    """Return a moment for staff: day, time, and how far it is from now."""
    if then > now:
        far = words.say("utter_in", span=span(words, then - now))
    else:
        far = ago(words, then, now)
    day = f"{then.day} {then:%b %Y, %H:%M} UTC"
    return words.say("utter_stamp", day=day, far=far)


def read_moment(text: str) -> datetime | None:
    """Return an aware moment, or None if the text is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
