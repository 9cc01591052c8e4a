"""Learning what there is to look at, without making or changing anything."""

import os
import secrets as random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from accounts.settings import AccountsSettings
from cli import keys
from cli.control import NAME, NotUpError, call
from cli.doctor.finding import found, say
from cli.doctor.limits import Silent, within
from cli.doctor.patient import Kind, Patient, is_named
from cli.serve import NEEDED, Part
from cli.shared_addresses import DATABASE_URL, REDIS_URL, TRACKER_URL, remembered
from cli.stack import PORT_VARIABLES, Ports, Stack
from foundation.environment import Environment, SettingsError
from foundation.secret import Secret
from foundation.start_checks import Finding
from helpdesk.settings import HelpdeskSettings

# What only one part has shows that its settings are here.
OF_HELPDESK = (keys.HELPDESK_SECRET, keys.PSEUDONYM_KEY)
OF_ACCOUNTS = (keys.ACCOUNTS_SECRET,)
UP_WITHIN_S = 3.0


class NothingHereError(Exception):
    """There is no installation; the sentence says what was looked for."""


def admit(state: Path) -> tuple[Patient, list[Finding]]:
    """Return what there is, and what is wrong with its settings.

    Args:
        state: The state folder; the rest is in the environment.

    Raises:
        NothingHereError: There is none.
    """
    findings: list[Finding] = []
    processes, is_up = _ask_up(state, findings)
    kind = _kind(state, is_up)
    servers: dict[str, str] = {}
    helpdesk, accounts = {**os.environ, "LATCHKEY_HOME": str(state)}, {}
    if kind is Kind.UP:
        try:
            _check_own_variables()
            stack = _compose(state)
        except SettingsError as error:
            findings.append(found("LK201", problem=error))
            nothing = Patient(
                kind, state, helpdesk, None, None, {}, True, {}, processes, is_up
            )
            return nothing, findings
        servers = dict(stack.shared)
        helpdesk = dict(stack.helpdesk().environment)
        accounts = dict(stack.accounts().environment)
        helpdesk["LATCHKEY_ACTIONS_PORT"] = str(stack.ports.actions)
    files = keys.key_files(state)
    helpdesk, accounts = {**helpdesk, **files}, {**(accounts or helpdesk), **files}
    known, replaced = _read_secrets(kind, helpdesk, findings)
    patient = Patient(
        kind,
        state,
        _with(helpdesk, replaced),
        _read_helpdesk(kind, _with(helpdesk, replaced), findings),
        _read_accounts(kind, _with(accounts, replaced), findings),
        known,
        _has_helpdesk(kind),
        servers,
        processes,
        is_up,
    )
    return patient, findings


def _kind(state: Path, is_up: bool) -> Kind:
    if is_up:
        return Kind.UP
    if any(map(is_named, keys.NAMES)):
        return Kind.ENVIRONMENT
    if (state / "keys").is_dir() or (state / "half-restored").exists():
        return Kind.UP
    raise NothingHereError(say("report", "nothing_here", state=state))


def _ask_up(
    state: Path, findings: list[Finding]
) -> tuple[tuple[Mapping[str, Any], ...], bool]:
    """Return what a running `up` says of its processes, and whether there is one."""
    if not (state / NAME).exists():
        return (), False
    try:
        answer = within(
            UP_WITHIN_S, lambda: call(state, {"wish": "status"}, lambda _: None)
        )
    except NotUpError:  # one that was killed left its socket
        return (), False
    except Silent:
        reason = say("reasons", "timeout")
        findings.append(found("LK225", reason=reason))
        return (), True
    return tuple(answer.get("processes", ())), True


def _check_own_variables() -> None:
    """Raise a `SettingsError` for what would end the commands of `up`."""
    read = Environment(os.environ)
    for variable, default in PORT_VARIABLES.values():
        read.port(variable, default)
    for name in (DATABASE_URL, REDIS_URL, TRACKER_URL):
        read.secret(name)


def _compose(state: Path) -> Stack:
    # Not Stack.on, which makes secrets that are missing.
    return Stack(Ports.from_environment(), state, {}, shared=remembered(state))


def _read_secrets(
    kind: Kind, variables: Mapping[str, str], findings: list[Finding]
) -> tuple[dict[str, Secret], dict[str, str]]:
    """Return those that can be used, and something to put in the place of the others."""
    read, known, replaced = Environment(variables), {}, {}
    needed = set(_needed(kind))
    for name in keys.NAMES:
        try:
            secret = read.rotating_secret(name, at_least=0)
            if not secret.current and name not in needed:
                continue
            known[name] = read.rotating_secret(name, at_least=keys.LENGTH)
        except SettingsError as error:
            # What `up` finds missing it makes.
            if kind is Kind.ENVIRONMENT or is_named(name, variables):
                findings.append(found("LK202", problem=error))
            replaced[name] = random.token_urlsafe(36)
    return known, replaced


def _needed(kind: Kind) -> Iterator[str]:
    if _has_helpdesk(kind):
        yield from NEEDED[Part.HELPDESK]
    if kind is Kind.UP or any(map(is_named, OF_ACCOUNTS)):
        yield from NEEDED[Part.ACCOUNTS]


def _has_helpdesk(kind: Kind) -> bool:
    return kind is Kind.UP or any(map(is_named, OF_HELPDESK))


def _with(variables: Mapping[str, str], replaced: Mapping[str, str]) -> dict[str, str]:
    """Put something that can be read in the place of what cannot."""
    unusable = {
        f"{name}{ending}"
        for name in replaced
        for ending in ("", "_FILE", "_FORMER", "_FORMER_FILE")
    }
    kept = {name: value for name, value in variables.items() if name not in unusable}
    return {**kept, **replaced}


def _read_helpdesk(
    kind: Kind, variables: Mapping[str, str], findings: list[Finding]
) -> HelpdeskSettings | None:
    if not _has_helpdesk(kind):
        return None
    try:
        return HelpdeskSettings.from_environment(variables)
    except SettingsError as error:
        findings.append(found("LK201", problem=error))
        return None


def _read_accounts(
    kind: Kind, variables: Mapping[str, str], findings: list[Finding]
) -> AccountsSettings | None:
    if kind is Kind.ENVIRONMENT and not any(map(is_named, OF_ACCOUNTS)):
        return None
    try:
        return AccountsSettings.from_environment(variables)
    except SettingsError as error:
        findings.append(found("LK201", problem=error))
        return None
