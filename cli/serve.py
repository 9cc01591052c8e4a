"""`serve`: one part alone, in the foreground, for a host or a container of its own.

It becomes the part: nothing watches it here. systemd, a container's restart policy or the
like starts it again.
"""

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer

from cli import keys, rasa_room
from cli.console import fail
from cli.places import CACHE, MODEL, PROJECT, STATE
from cli.shared_addresses import TRACKER_URL, url_in
from cli.stack import PROCESS_NAME

WRONG_USE = 2
DEFAULT_ACTIONS = "http://127.0.0.1:5055"


class Part(StrEnum):
    """What can be started alone."""

    HELPDESK = "helpdesk"
    RASA = "rasa"
    ACTIONS = "actions"
    ACCOUNTS = "accounts"


TOKENS = (keys.ACCOUNTS_TOKEN, keys.ACCOUNTS_STAFF_TOKEN)
# The secrets of each part. It is given no others.
NEEDED = {
    Part.HELPDESK: (
        keys.TURN_KEY,
        keys.ACTOR_KEY,
        keys.HELPDESK_SECRET,
        keys.PSEUDONYM_KEY,
    ),
    Part.RASA: (keys.TURN_KEY,),
    Part.ACTIONS: (keys.ACTOR_KEY, *TOKENS),
    Part.ACCOUNTS: (*TOKENS, keys.ACCOUNTS_SECRET),
}
WELCOME = {Part.HELPDESK: TOKENS}  # without them agents can do less


def serve(part: Annotated[Part, typer.Argument(help="Which part.")]) -> None:
    """Start one part alone, with settings from the environment. SIGTERM ends it."""
    command, environment = compose(part)
    os.chdir(PROJECT)
    os.umask(0o077)  # addresses and links in what it writes are private
    try:
        os.execve(command[0], command, environment)  # noqa: S606 - our own
    except OSError as error:
        fail(f"{command[0]} cannot be started: {error.strerror}.")


def compose(part: Part) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment; say what is missing if it cannot be."""
    needed = NEEDED[part]
    found = keys.find_keys((*needed, *WELCOME.get(part, ())), STATE)
    missing = [name for name in needed if name not in found]
    if missing:
        fail(
            f"Missing: {', '.join(missing)}. Set each, or …_FILE to a file that holds "
            "it, to the value that the other parts have. Where ./latchkey up has run, "
            f"they are in {STATE / 'keys'}.",
            WRONG_USE,
        )
    environment = {
        **_without_keys(os.environ),
        **found,
        "LATCHKEY_HOME": str(STATE.absolute()),
        "LATCHKEY_CACHE": str(CACHE.absolute()),
        PROCESS_NAME: os.environ.get(PROCESS_NAME, part),
        "PYTHONPATH": str(PROJECT),
    }
    if part is Part.RASA:
        tracker = url_in(os.environ, TRACKER_URL)
        if tracker:  # which it reads itself: a password is no argument
            environment[TRACKER_URL] = tracker
        return _rasa_command(tracker), {**environment, **rasa_room.QUIET}
    return [sys.executable, "-m", part.value], environment


def _without_keys(variables: Mapping[str, str]) -> dict[str, str]:
    """Leave the secrets out, and where they were read from."""
    names = {*keys.NAMES, *(f"{name}_FORMER" for name in keys.ROTATING)}
    return {
        name: value
        for name, value in variables.items()
        if name.removesuffix("_FILE") not in names
    }


def _rasa_command(tracker: str) -> list[str]:
    if not MODEL.exists():
        fail(
            f"There is no trained model at {MODEL}. Train one with ./latchkey train, or "
            "set LATCHKEY_MODEL to where it is.",
            WRONG_USE,
        )
    rasa_room.ensure_installed()
    actions = os.environ.get("LATCHKEY_ACTIONS_URL") or DEFAULT_ACTIONS
    command = [
        *rasa_room.command("bot.serve", "--model", str(MODEL)),
        *("--host", os.environ.get("LATCHKEY_RASA_HOST") or "127.0.0.1"),
        *("--port", os.environ.get("LATCHKEY_RASA_PORT") or "5005"),
        *("--actions", rasa_room.webhooks(actions)),
    ]
    if not tracker:
        command += ["--tracker", str(STATE.absolute() / "tracker.db")]
    return command
