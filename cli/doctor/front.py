"""The way in: the help desk itself, its public address, and the proxies in between."""

import secrets
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from cli import keys
from cli.doctor.asking import Said, ask, in_parallel
from cli.doctor.check import helpdesk_of
from cli.doctor.finding import LeftOutError, found, reason_of, say
from cli.doctor.patient import Patient
from foundation.secret import Secret
from foundation.start_checks import Finding, Stage, is_loopback
from helpdesk.questions import HEADER, PATH, Question

# A visitor who lies about where they are; the address is one for examples.
Look = Callable[[], Any]
PRETENDED = "203.0.113.77"


def look_at_helpdesk(patient: Patient) -> Iterator[Finding]:
    """Find a help desk that does not answer, or cannot reach its record."""
    helpdesk_of(patient)
    url = patient.here
    try:
        status = ask(f"{url}/readyz").status
    except OSError as error:
        yield found("LK223", url=url, reason=reason_of(error))
        return
    # With its database away it says 503, and the database's own check says why.
    if status not in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}:
        yield found("LK223", url=url, reason=say("reasons", "status", detail=status))


def look_at_public_url(patient: Patient) -> Iterator[Finding]:
    """Find a public address that leads elsewhere, and proxies that are miscounted."""
    settings = helpdesk_of(patient)
    url = settings.public_url
    if settings.stage is Stage.PRODUCTION and is_loopback(urlsplit(url).hostname or ""):
        yield found("LK222", url=url)
    if not patient.is_running:
        raise LeftOutError("not_running")
    secret = patient.secret(keys.HELPDESK_SECRET)
    looks: tuple[Look, ...] = (
        lambda: _answers(patient.here),
        lambda: _ask_who(url, secret),
    )
    is_here, heard = in_parallel(_do, looks)
    if not is_here:  # then its own check says so
        raise LeftOutError("no_helpdesk_answers")
    if isinstance(heard, str):
        yield found("LK221", url=url, reason=heard)
        return
    said, is_former = heard
    if is_former:
        who = say("places", "record")
        yield found("LK203", who=who.capitalize(), name=keys.HELPDESK_SECRET)
    yield from _miscounted(said)


def _do(look: Look) -> Any:
    return look()


def _answers(url: str) -> bool:
    try:
        ask(f"{url}/healthz")
    except OSError:
        return False
    return True


def _ask_who(url: str, secret: Secret) -> tuple[Said, bool] | str:
    """Return the answer of this installation, and whether it knows former secrets only.

    If it is not this one that answers, return why not.
    """
    for value in secret.all:
        question = Question(secrets.token_hex(16), value)
        headers = {HEADER: question.header, "X-Forwarded-For": PRETENDED}
        try:
            said = ask(f"{url}{PATH}", headers)
        except OSError as error:
            return reason_of(error)
        if said.fields.get("proof") == question.proof:
            return said, value != secret.current
        if said.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            return _reason_of_status(said)
    return say("reasons", "stranger")


def _reason_of_status(said: Said) -> str:
    place = said.headers.get("Location")
    if place:
        return say("reasons", "redirected", detail=place)
    return say("reasons", "status", detail=said.status)


def _miscounted(said: Said) -> Iterator[Finding]:
    """Compare what the proxies have said with how many of them are believed."""
    entries = list(said.fields.get("forwarded", ()))
    if entries[:1] == [PRETENDED]:
        del entries[0]  # ours: each proxy adds one
    there, trusted = len(entries), int(said.fields.get("trusted_proxies", 0))
    if there == trusted:
        return
    number = {0: "no_proxy", 1: "one_proxy"}.get(there, "proxies")
    seen = say("reasons", number, count=there)
    if there > trusted:
        seen = seen[0].upper() + seen[1:]
    trusts = {0: "trusts_none", 1: "trusts_one"}.get(trusted, "trusts")
    yield found(
        "LK226" if there > trusted else "LK227",
        seen=seen,
        trusted=say("reasons", trusts, count=trusted),
        right=there,
    )
