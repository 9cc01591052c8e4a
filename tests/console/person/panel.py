"""What an agent does with the person panel, and what the audit record says of it."""

from typing import Any
from uuid import uuid4

import requests
from sqlalchemy import delete, select

from helpdesk.desk.audit import verify_chain
from helpdesk.store import open_database
from helpdesk.store.console_models import MailRequest
from helpdesk.store.models import AuditEntry
from tests.console.agent_client import AgentClient
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun

Json = dict[str, Any]


def place(chat: ChatClient, what: str) -> str:
    return f"/api/console/conversations/{chat.conversation['id']}/{what}"


def person(agent: AgentClient, chat: ChatClient) -> Json:
    answer = agent.get(place(chat, "person"))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def audited(run: HelpdeskRun, chat: ChatClient) -> list[tuple[str, str, Json]]:
    """Return actor, action and details of what was done in a conversation."""
    database = open_database(run.database_url)
    conversation_id = chat.conversation["id"]
    with database.reading() as session:
        assert verify_chain(session).broken_at is None
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        found = [
            (row.actor, row.action, {**row.details, "target": row.target})
            for row in rows
            if row.details.get("conversation") == conversation_id
        ]
    database.close()
    return found


def press(email: str, kind: str = "invite", client_id: str | None = None) -> Json:
    return {"client_id": client_id or str(uuid4()), "kind": kind, "email": email}


def claim(agent: AgentClient, chat: ChatClient) -> None:
    answer = agent.post(place(chat, "claim"), {})
    assert answer.status_code == 200, answer.text


def recover(agent: AgentClient, chat: ChatClient, body: Json) -> requests.Response:
    return agent.post(place(chat, "recoveries"), body)


def events(agent: AgentClient, chat: ChatClient) -> list[str]:
    """Return the texts that tell of mails in a conversation."""
    shown = agent.get(place(chat, "")[:-1]).json()["messages"]
    return [
        message["text"]
        for message in shown
        if message.get("event", {}).get("name") == "recovery_requested"
    ]


def forget_requests(run: HelpdeskRun) -> None:
    """Let an hour pass for the limits on mails."""
    database = open_database(run.database_url)
    with database.transaction() as session:
        session.execute(delete(MailRequest))
    database.close()
