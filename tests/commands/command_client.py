"""An agent who types commands, without a browser."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import requests

from helpdesk.desk.command_payloads import read_payload
from tests.accounts.service import wait_for
from tests.console.agent_client import AgentClient
from tests.helpdesk.scripted_assistant import Turn

API = "/api/console"
Json = dict[str, Any]


class CommandClient(AgentClient):
    """One browser of one agent, at their own chat with the assistant."""

    def give(self, text: str, **more: Any) -> Json:
        """Type something; return the message as it is kept."""
        answer = self.try_to_give(text, **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["message"])

    def try_to_give(self, text: str | None = None, **more: Any) -> requests.Response:
        """Type something, or press a button; return the answer as it is."""
        body = {"client_id": str(uuid4()), **more}
        if text is not None:
            body["text"] = text
        return self.post(f"{API}/commands", body)

    def press(self, button: str) -> requests.Response:
        """Press a button below an answer."""
        return self.try_to_give(button=button)

    def own_chat(self, query: str = "") -> Json:
        """Return the chat with its newest messages."""
        answer = self.get(f"{API}/assistant{query}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def messages(self) -> list[Json]:
        """Return the newest messages."""
        return list(self.own_chat()["messages"])

    def answers(self, after: int = 0) -> list[Json]:
        """Return what was said to the agent after a number."""
        return [
            message
            for message in self.messages()
            if message["seq"] > after and message["kind"] != "incoming"
        ]

    def hear(self, after: int, is_it: Callable[[Json], bool] = lambda _: True) -> Json:
        """Wait for the next thing that is said after a number."""
        found: list[Json] = []

        def look() -> bool:
            found[:] = [each for each in self.answers(after) if is_it(each)]
            return bool(found)

        wait_for(look, "an answer")
        return found[0]

    def ask(self, text: str, **more: Any) -> str:
        """Type something and return what is answered."""
        seq = self.give(text, **more)["seq"]
        return str(self.hear(seq)["text"])

    def run(self, number: str) -> Json:
        """Return a bulk command."""
        (found,) = (it for it in self.own_chat()["runs"] if it["number"] == number)
        return dict(found)


def commands_in(turns: list[Turn]) -> list[tuple[str, Json]]:
    """Return the commands that reached the assistant."""
    carried = (read_payload(turn["payload"] or "") for turn in turns)
    return [each for each in carried if each is not None]
