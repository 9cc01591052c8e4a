"""Rasa, its model, the action server and the account backend: there, and do the keys fit?"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from time import time
from typing import Any

from accounts.client import AccountsClient, AccountsError
from cli import keys, model
from cli.doctor.asking import Said, ask, in_parallel
from cli.doctor.finding import LeftOutError, first_line, found, reason_of, say
from cli.doctor.patient import Kind, Patient
from cli.places import MODEL
from foundation.secret import Secret
from foundation.start_checks import Finding
from helpdesk.assistant import (
    HEALTH_PATH,
    STOPPING,
    Actor,
    AssistantAwayError,
    AssistantClient,
    AssistantError,
    AssistantSilentError,
    Turn,
    sign_actor,
)
from helpdesk.neighbour_lines import Patience

PATIENCE = Patience(connect_s=1.0, read_s=1.8)
TOKEN_WITHIN_S = 2.2
TEXT = "hello"  # is understood, in no conversation
NO_LINK = "no link"  # is inspected, and found to be none
SIGNATURE_LIFE_S = 300  # after this a signature of ours looks wrong to Rasa
WELL = "ok"
REFUSED = {"unauthorized", "forbidden"}
Answers = dict[
    str, tuple[str, bool]
]  # a token's: a code, and whether a former one fits


def look_at_rasa(patient: Patient) -> Iterator[Finding]:
    """Find a Rasa that is away, does not believe us, or has nothing learnt."""
    urls, secret = patient.rasa_urls, patient.secret(keys.TURN_KEY)
    for findings in in_parallel(lambda url: list(_look_at_one(url, secret)), urls):
        yield from findings


def look_at_model(patient: Patient) -> Iterator[Finding]:
    """Find a model that is missing, or older than what it is trained from."""
    is_here = patient.kind is Kind.UP or patient.has_rasa or MODEL.exists()
    if not is_here:
        raise LeftOutError("elsewhere")
    if not MODEL.exists():
        yield found("LK253", path=MODEL)
    elif not model.is_current():
        yield found("LK254", path=MODEL)


def look_at_actions(patient: Patient) -> Iterator[Finding]:
    """Find an action server that is away, does not believe us, or is not believed."""
    urls, secret = patient.action_urls, patient.secret(keys.ACTOR_KEY)
    for url in urls:
        try:
            said, is_former = _ask_actions(url, secret)
        except OSError as error:
            yield found("LK256", url=url, reason=reason_of(error))
            continue
        if said.status == HTTPStatus.UNAUTHORIZED:
            yield found("LK257", url=url)
        elif said.status != HTTPStatus.OK or "token" not in said.fields:
            reason = say("reasons", "status", detail=said.status)
            yield found("LK256", url=url, reason=reason)
        else:
            if is_former:
                who = say("places", "action_server").capitalize()
                yield found("LK203", who=who, name=keys.ACTOR_KEY)
            answers = {
                name: (str(said.fields.get(field)), False)
                for field, name in (
                    ("token", keys.ACCOUNTS_TOKEN),
                    ("staff_token", keys.ACCOUNTS_STAFF_TOKEN),
                )
            }
            yield from _of_tokens(patient, answers, "action_server")


def look_at_accounts(patient: Patient) -> Iterator[Finding]:
    """Find an account backend that is away, or refuses the help desk's tokens."""
    url = patient.accounts_url
    asked: dict[str, Callable[[AccountsClient], Any]] = {
        keys.ACCOUNTS_TOKEN: lambda client: client.inspect_link(NO_LINK),
        keys.ACCOUNTS_STAFF_TOKEN: AccountsClient.sites,
    }
    names = [name for name in asked if name in patient.secrets]
    if not names:
        raise LeftOutError("no_token")
    who = "record" if patient.helpdesk is not None else "here"
    answers = in_parallel(
        lambda name: _try(url, patient.secret(name), asked[name]),
        names,
    )
    yield from _of_tokens(patient, dict(zip(names, answers, strict=True)), who)


def _look_at_one(url: str, secret: Secret) -> Iterator[Finding]:
    for value in secret.all:
        try:
            client = AssistantClient(url, turn_key=value, actor_key="")
            client.parse(TEXT, PATIENCE)
        except (AssistantAwayError, AssistantSilentError) as error:
            if error.code != STOPPING:  # another one takes its place
                yield found("LK251", url=url, reason=reason_of(error))
            return
        except AssistantError as error:
            if error.code == "bad_signature":
                continue
            yield found("LK255", url=url, reason=first_line(str(error)))
            return
        if value != secret.current:
            who = say("places", "rasa")
            yield found("LK203", who=who, name=keys.TURN_KEY)
        return
    if not _is_elsewhen(url):
        yield found("LK252", url=url)


def _is_elsewhen(url: str) -> bool:
    """Tell whether its clock is so wrong that no signature holds."""
    try:
        date = ask(url + HEALTH_PATH).date
    except OSError:
        return False
    return date is not None and abs(date - time()) > SIGNATURE_LIFE_S


def _ask_actions(url: str, secret: Secret) -> tuple[Said, bool]:
    said = None
    for value in secret.all:
        actor = sign_actor(Actor(), Turn("doctor", "doctor"), value)
        said = ask(f"{url}/diagnosis", body={"actor": actor})
        if said.status != HTTPStatus.UNAUTHORIZED:
            return said, value != secret.current
    assert said is not None  # a secret has a value
    return said, False


def _try(
    url: str, secret: Secret, ask_it: Callable[[AccountsClient], Any]
) -> tuple[str, bool]:
    """Return how the backend takes a token, and whether only a former one is taken."""
    code = ""
    for value in secret.all:
        client = AccountsClient(
            url,
            token=value,
            connect_timeout=1.0,
            read_timeout=TOKEN_WITHIN_S,
            budget=TOKEN_WITHIN_S,
        )
        try:
            ask_it(client)
        except AccountsError as error:
            code = error.code
        else:
            return WELL, value != secret.current
        finally:
            client.close()
        if code not in REFUSED:
            break
    return code, False


def _of_tokens(patient: Patient, answers: Answers, who: str) -> Iterator[Finding]:
    named = say("places", who)
    numbers = {keys.ACCOUNTS_TOKEN: "LK262", keys.ACCOUNTS_STAFF_TOKEN: "LK263"}
    away = ""
    for name, (code, is_former) in answers.items():
        if code in REFUSED:
            yield found(numbers[name], who=named)
        elif code != WELL:
            away = code
        elif is_former:
            backend = say("places", "accounts").capitalize()
            yield found("LK203", who=backend, name=name)
    if away:
        facts = {"url": _accounts_url(patient), "reason": _words_of(away)}
        yield found("LK261", who=named, **facts)


def _accounts_url(patient: Patient) -> str:
    try:
        return patient.accounts_url
    except LeftOutError:  # the action server's settings are another host's
        return say("places", "accounts")


def _words_of(code: str) -> str:
    known = {"unreachable": "refused", "timeout": "timeout"}
    return say("reasons", known[code]) if code in known else code
