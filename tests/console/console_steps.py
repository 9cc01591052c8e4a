"""What tests of the console's API do again and again."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from tests.console.agent_client import AgentClient
from tests.helpdesk.chat_client import ChatClient

API = "/api/console"
Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A contact's conversation, as an agent works on it."""

    chat: ChatClient

    @property
    def id(self) -> str:
        """The conversation's id."""
        return str(self.chat.conversation["id"])

    @property
    def path(self) -> str:
        """Where it is below the API."""
        return f"{API}/conversations/{self.id}"

    def open(self, agent: AgentClient) -> Json:
        """Return everything that an agent sees of it."""
        return answer_of(agent.get(self.path))

    def claim(self, agent: AgentClient) -> Json:
        """Have an agent take it; return its line."""
        return dict(answer_of(agent.post(f"{self.path}/claim"))["conversation"])

    def do(self, by: AgentClient, verb: str, /, **body: Any) -> requests.Response:
        """Have an agent do something with it, at its present epoch."""
        if "epoch" not in body:
            body["epoch"] = self.open(by)["conversation"]["epoch"]
        return by.post(f"{self.path}/{verb}", body)

    def say(self, agent: AgentClient, text: str, **more: Any) -> requests.Response:
        """Have an agent say something."""
        body = {"client_id": str(uuid4()), "text": text, "kind": "reply", **more}
        return agent.post(f"{self.path}/messages", body)


def answer_of(answer: requests.Response, status: int = 200) -> Json:
    """Return the JSON of an answer that has to have a status."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    return dict(answer.json())


def refusal_of(answer: requests.Response, status: int) -> Json:
    """Return a refusal that has to have a status."""
    return answer_of(answer, status)
