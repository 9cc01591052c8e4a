"""Commands as the help desk sends them, and what came of them."""

import json
from typing import Any
from uuid import uuid4

from tests.actions.action_server import ActionServer
from tests.actions.calls import Json, actor_token, call, user_event

RUN = "action_run_command"
ADMIN = {"sub": "agent:1", "role": "admin", "sid": "session-1"}


def entities(**values: str) -> list[Json]:
    """Return what a payload carries."""
    return [{"entity": n, "value": v, "start": 0, "end": 0} for n, v in values.items()]


def command_call(
    command: str,
    *,
    conversation: str | None = None,
    message: str | None = None,
    token: Any = "ours",
    claims: Json | None = None,
    text: str | None = None,
    **arguments: Any,
) -> Json:
    """Return the action call for a command; `text` replaces the arguments' JSON."""
    conversation, message = conversation or uuid4().hex, message or uuid4().hex
    if token == "ours":
        token = actor_token(conversation, message, **{**ADMIN, **(claims or {})})
    given = json.dumps(arguments) if text is None else text
    event = user_event("run_command", message=message, actor=token)
    event["parse_data"]["entities"] = entities(command=command, arguments=given)
    return call(RUN, event, conversation=conversation)


class Result:
    """What an admin hears, and what the help desk is told."""

    def __init__(self, answer: Json) -> None:
        (self.message,) = answer["responses"]
        self.text: str = self.message["text"] or ""
        self.notes: Json = self.message["custom"] or {}
        self.buttons: list[Json] = self.message["buttons"] or []
        self.events: list[Json] = answer["events"]

    @property
    def receipt(self) -> Json | None:
        """The receipt, if there is one."""
        return self.notes.get("receipt")

    @property
    def json(self) -> Json:
        """The answer to `--json`."""
        begin, end = "```json\n", "\n```"
        assert self.text.startswith(begin)
        assert self.text.endswith(end)
        content: Json = json.loads(self.text[len(begin) : -len(end)])
        return content


def do(server: ActionServer, command: str, **more: Any) -> Result:
    """Carry out a command."""
    return Result(server.run(command_call(command, **more)))
