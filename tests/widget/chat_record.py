"""The record of the scripted help desk: one conversation, numbered messages."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from helpdesk.desk.errors import BadFileError
from helpdesk.desk.file_types import LARGEST_FILE_BYTES, check_file

NEWEST = 200
OLDER = 50


class Refused(Exception):  # noqa: N818 - it is a refusal
    """The protocol's error, with its fields."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields["code"])
        self.fields = fields


def now() -> str:
    """Return the time as the wire has it."""
    return datetime.now(UTC).isoformat()


@dataclass
class Talk:
    """A contact's conversation. Numbers go up; a client id counts once."""

    id: str = field(default_factory=lambda: str(uuid4()))
    messages: list[dict[str, Any]] = field(default_factory=list)
    acks: dict[str, dict[str, Any]] = field(default_factory=dict)
    owner: str = "assistant"
    status: str = "pending"
    last_seq: int = 0
    seen_seq: int = 0
    standing: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[dict[str, Any], bytes]] = field(default_factory=dict)
    visits: int = 0
    newest: int = NEWEST

    @property
    def conversation(self) -> dict[str, Any]:
        """The conversation as the wire has it."""
        return {
            "id": self.id,
            "status": self.status,
            "owner": self.owner,
            "created_at": "2026-01-01T00:00:00+00:00",
        } | self.standing

    def joined(self, after: int) -> dict[str, Any]:
        """Return what a browser has to know after `after`."""
        rest = [m for m in self.messages if m["seq"] > after]
        return {
            "conversation": self.conversation,
            "messages": rest[-self.newest :],
            "last_seq": self.last_seq,
            "seen_seq": self.seen_seq,
            "has_more": len(rest) > self.newest,
        }

    def history(self, before: int) -> dict[str, Any]:
        """Return the messages before a number."""
        older = [m for m in self.messages if m["seq"] < before]
        return {"messages": older[-OLDER:], "has_more": len(older) > OLDER}

    def add(self, words: str, sender: str = "assistant", **more: Any) -> dict[str, Any]:
        """Number a message and keep it."""
        kind = {"contact": "incoming", "system": "activity"}.get(sender, "outgoing")
        message = {
            "seq": self.skip(),
            "sender": sender,
            "kind": kind,
            "text": words,
            "created_at": now(),
        } | more
        self.messages.append(message)
        return message

    def skip(self) -> int:
        """Use up a number, as a note between agents does."""
        self.last_seq += 1
        return self.last_seq

    def take(
        self, data: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Keep what a contact said; return the ack and the message if it is new."""
        client_id = data["client_id"]
        if client_id in self.acks:
            return self.acks[client_id], None
        files = [self.files[each][0] for each in data.get("attachments", [])]
        words = data["text"] if "text" in data else self.title_of(data["button"])
        redactions = ["password"] if "hunter2" in words else []
        words = words.replace("hunter2", "[password removed]")
        carried = {"attachments": files} if files else {}
        message = self.add(words, "contact", client_id=client_id, **carried)
        ack = {key: message[key] for key in ("client_id", "seq", "text", "created_at")}
        self.acks[client_id] = ack | {"redactions": redactions} | carried
        return self.acks[client_id], message

    def keep_file(self, name: str, content: bytes) -> dict[str, Any]:
        """Keep an uploaded file, and say what it is, as the server does."""
        if len(content) > LARGEST_FILE_BYTES:
            raise Refused({"code": "too_large", "message": "Too large."})
        try:
            file = check_file(content)
        except BadFileError as error:
            raise Refused({"code": error.code, "message": error.message}) from error
        sides = {"width": file.width, "height": file.height} if file.width else {}
        known = {
            "id": str(uuid4()),
            "name": name,
            "media_type": file.media_type,
            "size": len(file.content),
        } | sides
        known["url"] = f"/api/v1/attachments/{known['id']}"
        self.files[str(known["id"])] = (known, file.content)
        return known

    def title_of(self, button: str) -> str:
        """Return what a button that was offered is called."""
        if button == "person" or button.startswith("offer."):
            return {"person": "Talk to a person"}.get(button, f"Please do {button}")
        for message in self.messages:
            for offered in message.get("buttons", []):
                if offered["id"] == button:
                    return str(offered["title"])
        raise Refused({"code": "button_expired", "message": "Too late."})

    def start_over(self) -> None:
        """End the conversation and begin another."""
        self.id = str(uuid4())
        self.messages, self.last_seq, self.seen_seq = [], 0, 0
        self.owner, self.status, self.standing = "assistant", "pending", {}
