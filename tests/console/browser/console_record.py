"""What the scripted console server holds, in the shapes of docs/console-protocol.md."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

Json = dict[str, Any]
PAGE = 100
TEAM = {"id": str(UUID(int=900)), "name": "Doors"}


def person(number: int, name: str, role: str = "agent", **more: Any) -> Json:
    """Return an agent as the protocol has one."""
    known = {"id": str(UUID(int=number)), "name": name, "role": role}
    return known | {"team_id": None, "is_away": False, "is_online": True} | more


ANA = person(1, "Ana Moreno", "lead", team_id=TEAM["id"])
BEN = person(2, "Ben Okafor", team_id=TEAM["id"])
CARLA = person(3, "Carla Nilsson", is_online=False)
DAN = person(4, "Dan Weiss", is_away=True)
EVE = person(5, "Eve Laurent", "auditor")
CHANGING = ("transfer", "release", "hand_back", "snooze", "resolve", "reopen")


def moment(at: datetime) -> str:
    """Return a moment as the protocol writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


@dataclass
class Talk:
    """One conversation."""

    summary: Json
    messages: list[Json] = field(default_factory=list)
    ghosts: list[Json] = field(default_factory=list)
    stretches: list[Json] = field(default_factory=list)
    drafts: dict[str, str] = field(default_factory=dict)
    looking: list[Json] = field(default_factory=list)
    suggestions: list[Json] = field(default_factory=list)
    about: Json = field(default_factory=dict)
    satisfaction: Json | None = None

    @property
    def id(self) -> str:
        return str(self.summary["id"])

    def add(
        self, text: str, sender: str = "contact", *, minutes: float = 0, **more: Any
    ) -> Json:
        """Put a message at the end; `minutes` ago."""
        at = moment(datetime.now(UTC) - timedelta(minutes=minutes))
        kinds = {"contact": "incoming", "system": "activity"}
        message = {
            "seq": len(self.messages) + 1,
            "sender": sender,
            "kind": kinds.get(sender, "outgoing"),
            "text": text,
            "created_at": at,
        } | more
        self.messages.append(message)
        self.summary |= {"last_seq": message["seq"], "updated_at": at}
        if message["kind"] in {"incoming", "outgoing"}:
            self.summary |= {"last_text": text[:200], "last_sender": sender}
        if sender == "contact":
            self.summary["unread"] += 1
        return message

    def become(self, owner: str, agent: Json | None = None, **more: Any) -> None:
        """Change the owner: an epoch of its own."""
        at = moment(datetime.now(UTC))
        self.summary |= {"owner": owner, "agent": agent, "status": "open"} | more
        self.summary |= {"epoch": self.summary["epoch"] + 1, "updated_at": at}
        self.stretches.append(
            {"owner": owner, "agent": agent, "reason": None, "end": None}
            | {"began_at": at, "ended_at": None}
        )


@dataclass
class ConsoleRecord:
    """All conversations and agents."""

    agents: list[Json] = field(
        default_factory=lambda: [dict(each) for each in (ANA, BEN, CARLA, DAN, EVE)]
    )
    talks: dict[str, Talk] = field(default_factory=dict)
    mentions: list[Json] = field(default_factory=list)
    canned: list[Json] = field(default_factory=list)

    def agent(self, key: str) -> Json:
        return next(each for each in self.agents if each["id"] == key)

    def begin(self, name: str = "", *, minutes: float = 1, **more: Any) -> Talk:
        """Begin a conversation that waits in the queue, since `minutes`."""
        key = str(uuid4())
        at = moment(datetime.now(UTC) - timedelta(minutes=minutes))
        contact = {"name": name, "email": None, "is_verified": False}
        summary = {
            "id": key,
            "number": key[:8],
            "contact": contact | more.pop("contact", {}),
            "status": "open",
            "owner": "queue",
            "agent": None,
            "team": None,
            "topic": None,
            "handoff_reason": "asked",
            "waiting_since": at,
            "is_returned": False,
            "snoozed_until": None,
            "last_text": "",
            "last_sender": None,
            "last_seq": 0,
            "unread": 0,
            "updated_at": at,
            "created_at": at,
            "epoch": 2,
        }
        talk = self.talks[key] = Talk(summary | more)
        return talk

    def has(self, view: str, talk: Talk, me: Json) -> bool:
        """Tell whether a view has a conversation."""
        it = talk.summary
        is_open, owned = it["status"] == "open", it["agent"] is not None
        if view == "queue":
            return is_open and not owned and it["waiting_since"] is not None
        if view == "mine":
            return is_open and owned and it["agent"]["id"] == me["id"]
        if view == "team":
            owner_team = (it["agent"] or {}).get("team_id")
            teams = {(it["team"] or {}).get("id"), owner_team} - {None}
            return is_open and me["team_id"] in teams
        return it["last_seq"] > 0 if view == "all" else it["status"] == view

    def view(self, view: str, me: Json) -> list[Json]:
        """Return a view's conversations in its order."""
        found = [t.summary for t in self.talks.values() if self.has(view, t, me)]
        if view == "queue":
            return sorted(
                found, key=lambda s: (not s["is_returned"], s["waiting_since"])
            )
        return sorted(found, key=lambda s: s["updated_at"], reverse=True)

    def counts(self, me: Json) -> Json:
        names = ("queue", "mine", "team", "all", "snoozed")
        counted = {
            n: sum(self.has(n, t, me) for t in self.talks.values()) for n in names
        }
        unseen = sum(not each["is_seen"] for each in self.mentions)
        return counted | {"mentions": unseen}

    def may(self, talk: Talk, me: Json) -> list[str]:
        """Return what an agent may do now."""
        it = talk.summary
        if me["role"] == "auditor":
            return []
        if it["status"] == "resolved":
            return ["note", "reopen"]
        if it["owner"] == "assistant":
            return ["note", "take_over", "transfer", "resolve"]
        if it["agent"] is None:
            return ["note", "claim", "transfer", "hand_back", "resolve", "act"]
        if it["agent"]["id"] == me["id"]:
            return [
                *("reply", "note", "transfer", "release", "hand_back"),
                *("snooze", "resolve", "act"),
            ]
        return ["note", *(["claim", "transfer"] if me["role"] == "lead" else [])]

    def shown(self, talk: Talk, me: Json) -> Json:
        """Return what one conversation's request is answered with."""
        it = talk.summary
        who = {"id": talk.id, "since": it["created_at"]} | it["contact"]
        return {
            "conversation": it,
            "messages": talk.messages[-PAGE:],
            "has_more": len(talk.messages) > PAGE,
            "person": who,
            "stretches": talk.stretches,
            "ghosts": talk.ghosts,
            "satisfaction": talk.satisfaction,
            "presence": talk.looking,
            "draft": talk.drafts.get(me["id"], ""),
            "may": self.may(talk, me),
        }

    def change(self, talk: Talk, verb: str, body: Json, me: Json) -> None:
        """Do a verb; whether it may be done was asked before."""
        it = talk.summary
        if verb in {"claim", "reopen"}:
            talk.become("agent", me, is_returned=False, snoozed_until=None)
        elif verb == "release":
            talk.become("queue", waiting_since=moment(datetime.now(UTC)))
        elif verb == "hand_back":
            talk.become("assistant", status="pending", waiting_since=None)
        elif verb == "transfer" and "agent" in body:
            talk.become("agent", self.agent(body["agent"]))
        elif verb == "transfer":
            talk.become("queue", team=TEAM, waiting_since=moment(datetime.now(UTC)))
        elif verb == "snooze":
            it |= {"status": "snoozed", "snoozed_until": body["until"]}
        elif verb == "resolve":
            it |= {"status": "resolved", "owner": "assistant", "agent": None}
        it["epoch"] += verb in {"snooze", "resolve"}
        it["updated_at"] = moment(datetime.now(UTC))
