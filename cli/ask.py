"""`ask`: one turn without a running server."""

import json
import subprocess
import uuid
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.markdown import Markdown

from cli import model, rasa_room
from cli.console import err, fail, out, print_json
from cli.keys import ACTOR_KEY
from cli.nlu import Json
from cli.places import MODEL, PROJECT
from cli.processes import ChildNotReadyError, Supervisor
from cli.stack import Ports, Stack
from helpdesk.assistant import Actor, Turn, sign_actor


def ask(
    text: Annotated[str, typer.Argument(help="What a person might type.")],
    as_json: Json = False,
) -> None:
    """Answer one question without a running server."""
    model.ensure_trained()
    with err.status("Starting the assistant"):
        result = next(iter(answer([text])))
    summary = {
        **result["nlu"],
        "replies": result["replies"],
        "handoff": result["handoff"],
    }
    if as_json:
        print_json(summary)
        return
    out.print(f"[dim]{summary['intent']} ({summary['confidence']:.2f})[/]")
    for reply in summary["replies"]:
        out.print(Markdown(reply["text"]))
        for button in reply.get("buttons", []):
            out.print(f"   › {button['title']}", highlight=False)


def answer(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Answer each text in a conversation of its own; the actions really run."""
    with TemporaryDirectory() as folder:
        stack = Stack.on(Ports.free(), Path(folder))
        turns = [Turn(str(uuid.uuid4()), str(uuid.uuid4()), text) for text in texts]
        supervisor = Supervisor([stack.actions()])
        try:
            list(supervisor.start())
            return _answer_turns(stack, turns)
        except ChildNotReadyError as error:
            fail(str(error))
        finally:
            supervisor.stop()


def _answer_turns(stack: Stack, turns: list[Turn]) -> list[dict[str, Any]]:
    lines = [
        json.dumps(
            {**vars(turn), "actor": sign_actor(Actor(), turn, stack.keys[ACTOR_KEY])}
        )
        for turn in turns
    ]
    process = subprocess.run(
        rasa_room.command("bot.ask", str(MODEL), stack.url("actions") + "/webhook"),
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=rasa_room.environment(),
    )
    if process.returncode != 0:
        fail(f"The assistant could not be asked:\n{process.stderr[-2000:]}")
    return [json.loads(line) for line in process.stdout.splitlines()]
