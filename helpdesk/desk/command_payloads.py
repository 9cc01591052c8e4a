"""Commands on their way to the assistant: the payload of a turn, never typed text."""

import json
from collections.abc import Mapping
from typing import Any

RUN_COMMAND = "/run_command"


def write_payload(command: str, arguments: Mapping[str, Any]) -> str:
    """Return the payload of a turn that has a command carried out."""
    written = json.dumps(dict(arguments), sort_keys=True)
    return RUN_COMMAND + json.dumps({"command": command, "arguments": written})


def is_command_payload(payload: str | None) -> bool:
    """Tell whether a turn carries a command."""
    return payload is not None and payload.startswith(RUN_COMMAND)


def read_payload(payload: str) -> tuple[str, dict[str, Any]] | None:
    """Return the command in a payload and its arguments, if it is one."""
    if not is_command_payload(payload):
        return None
    try:
        carried = json.loads(payload.removeprefix(RUN_COMMAND))
        command, arguments = carried["command"], json.loads(carried["arguments"])
    except (ValueError, LookupError, TypeError):
        return None
    if not isinstance(command, str) or not isinstance(arguments, dict):
        return None
    return command, arguments
