"""`chat`: talk to the assistant in the terminal, over the same channel as the site."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.markdown import Markdown

from cli import model
from cli.console import err, fail, out
from cli.processes import ChildNotReadyError, Supervisor
from cli.stack import Ports, Stack
from helpdesk.assistant import AssistantClient, AssistantError, Turn


def chat() -> None:
    """Talk to the assistant. Type a button's number to press it; Ctrl-D ends."""
    with _running_stack() as stack:
        err.print("Type your question. A button's number presses it. Ctrl-D ends.\n")
        _converse(stack.assistant())


@contextmanager
def _running_stack() -> Iterator[Stack]:
    """Use the stack that is up, or run one for the length of the conversation."""
    stack = Stack.on(Ports.from_environment())
    if stack.is_assistant_up():
        yield stack
        return
    model.ensure_trained()
    stack = Stack.on(Ports.free())
    supervisor = Supervisor(stack.children())
    try:
        with err.status("Starting the assistant"):
            list(supervisor.start())
        err.print(f"E-mails arrive at {stack.url('outbox')}")
        yield stack
    except ChildNotReadyError as error:
        fail(str(error))
    finally:
        supervisor.stop()


def _converse(assistant: AssistantClient) -> None:
    conversation = str(uuid.uuid4())
    buttons: list[dict[str, str]] = []
    while True:
        try:
            typed = out.input("[bold cyan]you ›[/] ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        turn = _turn(conversation, typed, buttons)
        try:
            result = assistant.take_turn(turn)
        except AssistantError as error:
            err.print(f"[red]{error}[/]")
            continue
        buttons = _show(result)


def _turn(conversation: str, typed: str, buttons: list[dict[str, str]]) -> Turn:
    message = str(uuid.uuid4())
    if typed.isdecimal() and 0 < int(typed) <= len(buttons):
        payload = buttons[int(typed) - 1]["payload"]
        return Turn(conversation, message, payload=payload)
    return Turn(conversation, message, text=typed)


def _show(result: dict[str, Any]) -> list[dict[str, str]]:
    buttons: list[dict[str, str]] = []
    for reply in result["replies"]:
        out.print(Markdown(reply["text"]))
        for button in reply.get("buttons", []):
            buttons.append(button)
            out.print(f"   [bold]{len(buttons)}[/] {button['title']}", highlight=False)
    out.print()
    return buttons
