"""What `up` does while it runs: watches every process, and hears what it should do."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer

from cli.control import Caller, ControlSocket, Json
from cli.processes import Child, Supervisor
from cli.rolling import Rolling, RollingError

EVERY_S = 0.2
STILL_THERE_S = 5.0  # whoever waits hears something at least so often
# What is said where nobody takes over meanwhile.
ALONE = {
    "rasa": "There is one Rasa: what is asked now is answered when it is back.",
    "helpdesk": "There is one help desk: browsers wait until it is back.",
}


class Watch:
    """Keeps processes running, and does what the other commands ask for.

    Args:
        below: The servers that the parts stand on; nobody asks to have them replaced.
        above: The parts.
        state: The state folder.
        compose: Composes the parts as the installation is now: secrets may be new.
        say: Takes a sentence for the person at the terminal.
    """

    def __init__(
        self,
        below: Supervisor,
        above: Supervisor,
        state: Path,
        compose: Callable[[], Sequence[Child]],
        say: Callable[[str], None],
    ) -> None:
        self._supervisors = (below, above)
        self._parts = above.children
        self._compose = compose
        self._say = say
        self._control = ControlSocket(state)
        self._rolling: Rolling | None = None
        self._callers: list[Caller] = []
        self._told_at = 0.0

    def run(self) -> NoReturn:
        """Go on until something from outside ends it."""
        try:
            while True:
                self.look()
                time.sleep(EVERY_S)
        finally:
            self.close()

    def close(self) -> None:
        """Hear nobody any more; the processes go on."""
        self._control.close()

    def look(self) -> None:
        """Do all that can be done now."""
        for supervisor in self._supervisors:
            self._tend(supervisor)
        for caller, request in self._control.requests():
            self._answer(caller, request)
        self._roll()

    def _tend(self, supervisor: Supervisor) -> None:
        silent = supervisor.end_silent()
        if silent is not None:
            self._say(f"{silent.name} did not answer any more and is ended.")
        revived = supervisor.revive()
        if revived is not None:
            self._say(f"{revived.name} had stopped and is started again.")

    def _answer(self, caller: Caller, request: Json) -> None:
        wish = request.get("wish")
        if wish == "status":
            caller.say({"done": True, "processes": self._describe()})
        elif wish == "restart":
            self._begin(caller, request.get("part"))
        else:
            caller.say({"done": False, "error": "That is not known here."})

    def _begin(self, caller: Caller, part: object) -> None:
        if self._rolling:
            said = "Processes are being replaced already; try again afterwards."
            caller.say({"done": False, "error": said})
            return
        chosen = _chosen(self._parts, part)
        if not chosen:
            caller.say({"done": False, "error": f"There is no part “{part}”."})
            return
        if not self._renew():
            said = "The secrets cannot be read; its terminal says which."
            caller.say({"done": False, "error": said})
            return
        self._callers = [caller]
        for alone in _alone(self._parts, chosen):
            caller.say({"note": alone})
        self._rolling = Rolling(chosen, self._report)

    def _renew(self) -> bool:
        """Give each part what it will be started with; tell whether that went well."""
        try:
            composed = {child.name: child for child in self._compose()}
        except typer.Exit:
            return False
        for child in self._parts:
            child.arguments = composed[child.name].arguments
            child.environment = composed[child.name].environment
        return True

    def _roll(self) -> None:
        if self._rolling is None:
            return
        answer: Json = {"done": True, "replaced": self._rolling.replaced}
        try:
            if not self._rolling.step():
                self._keep_in_touch()
                return
        except RollingError as error:
            self._say(f"{error}. The others stay as they were.")
            answer |= {"done": False, "error": str(error)}
        self._rolling = None
        for caller in self._callers:
            caller.say(answer)

    def _report(self, sentence: str) -> None:
        self._say(f"{sentence}.")
        self._tell({"said": sentence})

    def _keep_in_touch(self) -> None:
        if time.monotonic() - self._told_at > STILL_THERE_S:
            self._tell({})

    def _tell(self, answer: Json) -> None:
        self._told_at = time.monotonic()
        for caller in self._callers:
            caller.say(answer)

    def _describe(self) -> list[dict[str, Any]]:
        children = (c for s in self._supervisors for c in s.children)
        return [describe(child) for child in children]


def describe(child: Child) -> dict[str, Any]:
    """Return what there is to know of a process."""
    is_running = child.is_running()
    pid = child.process.pid if child.process and is_running else None
    return {
        "name": child.name,
        "pid": pid,
        "ready": is_running and (child.pulse is None or child.pulse.is_well),
        "up_s": round(time.monotonic() - child.started_at) if is_running else 0,
        "restarts": child.restarts,
        "memory_mb": _memory_mb(pid) if pid else 0,
    }


def _memory_mb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    found = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(next(found, "0")) // 1024


def _alone(children: Sequence[Child], chosen: Sequence[Child]) -> list[str]:
    """Return what there is to say about parts that have one process."""
    parts = [child.part for child in children]
    return [
        ALONE[c.part] for c in chosen if parts.count(c.part) == 1 and c.part in ALONE
    ]


def _chosen(children: Sequence[Child], part: object) -> list[Child]:
    """Return the processes of a part, or the one of that name; all but the mailbox."""
    if part is None:
        return [child for child in children if child.part != "outbox"]
    return [child for child in children if part in (child.part, child.name)]
