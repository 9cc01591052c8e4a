"""All checks at once, each for a few seconds at most, and what came of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from accounts.start_checks import check_accounts
from cli.doctor import clocks, databases, files, front, mail, parts, sharing
from cli.doctor.admission import admit
from cli.doctor.asking import in_parallel
from cli.doctor.check import Check
from cli.doctor.finding import LeftOutError, found, say
from cli.doctor.hiding import Hider
from cli.doctor.limits import Silent, within
from cli.doctor.patient import Patient
from foundation.start_checks import Finding, Stage
from helpdesk.start_checks import check_helpdesk

LOOKS_WITHIN_S = 3.0


@dataclass(frozen=True)
class LeftOut:
    """A check that could not be made, or made no sense."""

    check: str
    why: str
    failed: bool = False  # by a mistake of ours


@dataclass(frozen=True)
class Report:
    """What came of it."""

    patient: Patient
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...]
    looked_at: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether no check broke down."""
        return not any(each.failed for each in self.left_out)


@dataclass(frozen=True)
class _Outcome:
    findings: tuple[Finding, ...] = ()
    left_out: LeftOut | None = None


def look_at_settings(patient: Patient) -> Iterator[Finding]:
    """Find what the checks at the start find, as far as it matters here."""
    findings: list[Finding] = []
    if patient.helpdesk is not None:
        findings += check_helpdesk(patient.helpdesk, patient.variables)
    if patient.accounts is not None:
        findings += check_accounts(patient.accounts)
    for each in findings:
        if patient.stage is Stage.PRODUCTION or each.matters_always:
            yield each


CHECKS = (
    Check("settings", look_at_settings),
    Check("half_restored", files.look_for_half_restored),
    Check("state_folder", files.look_at_folder),
    Check("disk", files.look_at_disk),
    Check("logs", files.look_at_logs),
    Check("processes", sharing.look_at_processes),
    Check("helpdesk", front.look_at_helpdesk, only_running=True),
    Check("public_url", front.look_at_public_url),
    Check("record", databases.look_at_record),
    Check("accounts_database", databases.look_at_accounts),
    Check("redis", sharing.look_at_redis),
    Check("several", sharing.look_at_several),
    Check("model", parts.look_at_model),
    Check("rasa", parts.look_at_rasa, only_running=True),
    Check("actions", parts.look_at_actions, only_running=True),
    Check("accounts", parts.look_at_accounts, only_running=True),
    Check("helpdesk_mail", mail.look_at_helpdesk),
    Check("accounts_mail", mail.look_at_accounts),
    Check("inbox", mail.look_at_inbox),
    Check("clocks", clocks.look_at_clocks, only_running=True),
)


def examine(state: Path) -> Report:
    """Look at the installation of a state folder and this environment.

    Raises:
        NothingHereError: There is none.
    """
    patient, findings = admit(state)
    outcomes = in_parallel(lambda check: _make(check, patient), CHECKS)
    for outcome in outcomes:
        findings += outcome.findings
    left_out = [each.left_out for each in outcomes if each.left_out]
    absent = {each.check for each in left_out}
    looked_at = tuple(each.name for each in CHECKS if each.name not in absent)
    hider = Hider(patient.variables)
    return Report(
        patient,
        tuple(_hidden(each, hider) for each in _once(findings)),
        tuple(replace(each, why=hider.hide(each.why)) for each in left_out),
        looked_at,
    )


def _make(check: Check, patient: Patient) -> _Outcome:
    """Make one check, for so long and no longer."""
    findings: list[Finding] = []
    if check.only_running and not patient.is_running:
        return _Outcome(left_out=LeftOut(check.name, say("left_out", "not_running")))
    try:
        within(LOOKS_WITHIN_S, lambda: findings.extend(check.look(patient)))
    except LeftOutError as error:
        why = say("left_out", str(error))
        return _Outcome(tuple(findings), LeftOut(check.name, why))
    except Silent:
        what, seconds = say("checks", check.name), f"{LOOKS_WITHIN_S:.0f}"
        silent = found("LK299", what=what, seconds=seconds)
        return _Outcome((*findings, silent))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        why = say("left_out", "failed", reason=reason)
        return _Outcome(tuple(findings), LeftOut(check.name, why, failed=True))
    return _Outcome(tuple(findings))


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """Leave out what is said twice, and what follows from something else."""
    seen: set[tuple[str, str]] = set()
    is_backend_away = False
    for each in findings:
        # To the action server it is away as well then.
        is_again = each.id == "LK261" and is_backend_away
        is_backend_away = is_backend_away or each.id == "LK261"
        if not is_again and (each.id, each.message) not in seen:
            seen.add((each.id, each.message))
            yield each


def _hidden(finding: Finding, hider: Hider) -> Finding:
    return replace(
        finding, message=hider.hide(finding.message), hint=hider.hide(finding.hint)
    )
