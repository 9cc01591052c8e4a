"""Action calls as Rasa 3.6.21 sends them, and what came of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt

from foundation.yaml_text import read_yaml

ROOT = Path(__file__).resolve().parents[2]
ACTOR_KEY = "only for tests, and long enough to be a key"
Json = dict[str, Any]


def _domain() -> Json:
    """Return the domain with the articles, as the trained model carries it."""
    domain: Json = read_yaml((ROOT / "domain.yml").read_text(encoding="utf-8"))
    for path in sorted((ROOT / "kb").glob("*.md")):
        front = read_yaml(path.read_text(encoding="utf-8").split("---\n")[1])
        notes = {
            "article": front["id"],
            "title": front["title"],
            "offers": front.get("offers") or [],
        }
        response = {"text": front["answer"], "metadata": notes}
        domain["responses"][f"utter_{front['id']}"] = [response]
        domain["intents"].append(front["id"])
    return domain


DOMAIN = _domain()


def title(article: str) -> str:
    """Return an article's title."""
    return str(DOMAIN["responses"][f"utter_{article}"][0]["metadata"]["title"])


def payloads(response: Json) -> list[str]:
    """Return what the buttons of a response carry."""
    return [button["payload"] for button in response["buttons"]]


def said(result: Json) -> list[str]:
    """Return the names of the responses that an action uttered."""
    return [response["response"] for response in result["responses"]]


def slots_set(result: Json) -> Json:
    """Return the slots that an action's events set."""
    return {e["name"]: e["value"] for e in result["events"] if e["event"] == "slot"}


def actor_token(conversation: str, message: str, **changes: Any) -> str:
    """Return the signed statement that the helpdesk sends; `key` signs it."""
    key = changes.pop("key", ACTOR_KEY)
    claims = {
        "sub": "contact-1",
        "role": "contact",
        "act": True,
        "cid": conversation,
        "mid": message,
        "aud": "latchkey-actions",
        "exp": int(time.time()) + 60,
        **changes,
    }
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, key, algorithm="HS256")


def user_event(
    intent: str,
    text: str = "",
    *,
    addresses: tuple[str, ...] = (),
    ranking: tuple[str, ...] = (),
    message: str = "m1",
    actor: str | None = None,
    **more: Any,
) -> Json:
    """Return what a person said, as an event of the tracker."""
    entities = [
        {"entity": "email", "value": a, "start": 0, "end": len(a)} for a in addresses
    ]
    names = ranking or (intent,)
    parse_data = {
        "text": text or f"/{intent}",
        "intent": {"name": intent, "confidence": 0.9},
        "intent_ranking": [
            {"name": n, "confidence": 0.9 / (i + 1)} for i, n in enumerate(names)
        ],
        "entities": entities,
        "message_id": message,
        "metadata": {"actor": actor},
        **more,
    }
    return {"event": "user", "text": parse_data["text"], "parse_data": parse_data}


def did(action: str) -> Json:
    """Return the event of an action that ran."""
    return {"event": "action", "name": action}


def call(
    action: str,
    *events: Json,
    slots: Json | None = None,
    loop: str | None = None,
    conversation: str | None = None,
) -> Json:
    """Return an action call after these events; the last `user` one is the latest."""
    spoken = [event["parse_data"] for event in events if event["event"] == "user"]
    every = dict.fromkeys([*DOMAIN["slots"], "requested_slot"])
    sender = conversation or uuid4().hex
    tracker = {
        "sender_id": sender,
        "slots": {**every, **(slots or {})},
        "latest_message": spoken[-1] if spoken else {},
        "latest_event_time": time.time(),
        "followup_action": None,
        "paused": False,
        "events": list(events),
        "latest_input_channel": "latchkey",
        "active_loop": {"name": loop} if loop else {},
        "latest_action": {"action_name": "action_listen"},
        "latest_action_name": "action_listen",
    }
    return {
        "next_action": action,
        "sender_id": sender,
        "tracker": tracker,
        "domain": DOMAIN,
        "version": "3.6.21",
    }
