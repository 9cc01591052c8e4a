"""A morning at the help desk: conversations with everything that they can have."""

from typing import Any

from tests.console.browser.console_record import BEN, TEAM, ConsoleRecord, Json, Talk
from tests.console.browser.console_server import ConsoleServer

INVITE = {"key": "invite-expired", "title": "My invitation link has expired"}
RESET = {"key": "forgot-password", "title": "I forgot my password"}
LOGIN = {"key": "how-to-log-in", "title": "How to log in"}
CONFIRM = {"key": "no-confirmation-email", "title": "I got no confirmation e-mail"}


def understood(topic: Json, confidence: float, *others: tuple[Json, float]) -> Json:
    """Return what the assistant made of a message."""
    ranking = [
        {"intent": it["key"], "title": it["title"], "confidence": sure}
        for it, sure in others
    ]
    known = {"intent": topic["key"], "title": topic["title"], "confidence": confidence}
    return (
        known
        | {"ranking": ranking, "state": "done", "acted": False}
        | {
            "took_ms": 212,
            "actions": [],
        }
    )


def fill(server: ConsoleServer, me: Json) -> Talk:
    """Put a morning's conversations into the record; return the richest one."""
    record = server.record
    wait_in_queue(record)
    others(record, me)
    record.canned += [
        canned(
            "hello",
            "Greeting",
            "Hello {contact.name}, this is {agent.name} from {product}. I am on it.",
        ),
        canned(
            "wait", "One moment", "Thank you, {contact.name}. Please give me a moment."
        ),
        canned(
            "address",
            "Ask for the address",
            "Which e-mail address were you invited with?",
        ),
        canned("done", "Close", "I am glad it works. Have a good day, {contact.name}!"),
    ]
    talk = noor(record, me)
    record.mentions.append(
        {"conversation": talk.summary, "seq": 6, "by": BEN, "is_seen": False}
        | {
            "text": f"@{me['name']} the gateway rejects mails of this domain.",
            "created_at": talk.messages[5]["created_at"],
        }
    )
    server.report = {
        "compared": 184,
        "agreed": 151,
        "rate": 0.8207,
        "low": 0.7589,
        "high": 0.8694,
        "by_topic": [
            {"topic": INVITE["title"], "compared": 96, "agreed": 84},
            {"topic": RESET["title"], "compared": 61, "agreed": 50},
            {"topic": CONFIRM["title"], "compared": 27, "agreed": 17},
        ],
    }
    return talk


def canned(code: str, title: str, text: str) -> Json:
    """Return a canned response."""
    return {"id": f"c-{code}", "short_code": code, "title": title, "text": text}


def wait_in_queue(record: ConsoleRecord) -> None:
    """Those who wait for somebody."""
    lost = record.begin("Femi Adeyemi", minutes=26, topic=RESET, is_returned=True)
    lost.add(
        "Are you still there? It worked with the new link but now it asks for a code",
        minutes=3,
    )
    first = record.begin("Marta Kowalska", minutes=11, topic=INVITE)
    first.add("The link says it has expired", minutes=14, turn=understood(INVITE, 0.94))
    first.add(
        "An invitation link is valid for **72 hours**. Shall I send a new one?",
        "assistant",
        minutes=14,
    )
    first.add(
        "I did that twice already. Can I talk to a person please?",
        minutes=11,
        turn=understood(LOGIN, 0.41, (INVITE, 0.3)),
    )
    team = record.begin("", minutes=7, topic=CONFIRM, team=TEAM)
    team.add("no mail at all, not in spam either", minutes=8)
    quiet = record.begin(
        "Jonas Lindqvist",
        minutes=2,
        topic=LOGIN,
        contact={"email": "jonas@lindqvist.example"},
    )
    quiet.add(
        "It tells me the address is not known, but I log in with it every day",
        minutes=2,
    )


def others(record: ConsoleRecord, me: Json) -> None:
    """What is with the assistant, with colleagues, asleep, and done."""
    bot = record.begin(
        "Hiro Tanaka",
        owner="assistant",
        status="pending",
        waiting_since=None,
        topic=INVITE,
    )
    bot.add("my colleague's invite ran out", minutes=1, turn=understood(INVITE, 0.97))
    bot.add(
        "I can send a new one. Which e-mail address should it go to?",
        "assistant",
        minutes=1,
    )
    taken = record.begin("Sofia Rossi", minutes=40, topic=RESET)
    taken.become("agent", BEN)
    taken.add("Thanks, that did it!", minutes=9)
    mine = record.begin("Lena Fischer", minutes=70, topic=LOGIN)
    mine.become("agent", me)
    mine.add("Did the reset mail arrive?", "agent", minutes=31, agent=me)
    asleep = record.begin("Peter Novak", minutes=300, topic=INVITE)
    asleep.become("agent", me)
    asleep.add("I will try it at the office tomorrow.", minutes=200)
    asleep.summary |= {
        "status": "snoozed",
        "snoozed_until": "2030-01-07T08:00:00.000+00:00",
    }
    done = record.begin("Aisha Khan", minutes=500, topic=RESET)
    done.add("Perfect, thank you.", minutes=420)
    done.summary |= {"status": "resolved", "owner": "assistant", "unread": 0}


def noor(record: ConsoleRecord, me: Json) -> Talk:
    """The conversation that has everything."""
    contact = {"email": "noor.haddad@example.com", "is_verified": True}
    talk = record.begin("Noor Haddad", minutes=22, contact=contact, topic=INVITE)
    say = talk.add
    say(
        "Hi, my invitation does not work any more",
        minutes=25,
        turn=understood(INVITE, 0.93, (CONFIRM, 0.04), (LOGIN, 0.01)),
    )
    say(
        "An invitation link is valid for **72 hours**. I can send a new one. Shall I?",
        "assistant",
        minutes=25,
        buttons=[
            {"id": "2.0", "title": "Yes, send it"},
            {"id": "2.1", "title": "No, stop"},
        ],
        article={
            "slug": "invite-expired",
            "title": INVITE["title"],
            "url": "/articles/invite-expired",
        },
    )
    acted = understood(INVITE, 0.88, (RESET, 0.07), (LOGIN, 0.02)) | {
        "acted": True,
        "took_ms": 540,
    }
    acted["actions"] = [
        {"name": "action_submit_recovery", "outcome": "done"},
        {"name": "action_help_with_mail", "outcome": "failed"},
    ]
    say(
        "Yes please. The password I tried was [password removed]",
        minutes=24,
        turn=acted,
        redactions=["password"],
    )
    say(
        "Done. A new invitation is on its way to n•••@example.com.",
        "assistant",
        minutes=24,
    )
    say(
        "Nothing arrives. Can a person have a look?",
        minutes=22,
        turn=understood(LOGIN, 0.38, (CONFIRM, 0.33), (INVITE, 0.2)),
    )
    say("A person will be with you soon. You are next.", "system", minutes=22)
    say(
        "Their mail gateway rejects us since Friday. @Ben Okafor knows the admin there.",
        "agent",
        kind="note",
        minutes=20,
        agent=BEN,
        mentions=[BEN["id"]],
    )
    talk.become("agent", me)
    say("Ana is here now.", "system", minutes=19)
    say(
        "Hello Noor, the mail was sent and came back. Is there another address?",
        "agent",
        minutes=18,
        agent=me,
    )
    say(
        "Here is what I see",
        minutes=4,
        attachments=[
            {
                "id": "9",
                "name": "error.pdf",
                "media_type": "application/pdf",
                "size": 48_200,
                "url": "/api/console/attachments/9",
            }
        ],
    )
    say(
        "Can you send it to my work address instead?",
        minutes=3,
        turn=understood(RESET, 0.2) | {"state": "dropped"},
    )
    talk.ghosts.append(
        {
            "seq": 11,
            "text": "It can only go to the address on file. Your **site admin** can help.",
            "intent": "invite-expired",
            "confidence": 0.71,
            "agent_seq": None,
            "agreement": None,
        }
    )
    talk.stretches[:0] = [
        stretch("assistant", talk, end="handed_off"),
        stretch("queue", talk, end="claimed", reason="asked"),
    ]
    talk.suggestions = [suggestion(INVITE, 0.71), suggestion(CONFIRM, 0.22)]
    earlier = record.talks[
        next(k for k, t in record.talks.items() if t.summary["status"] == "resolved")
    ]
    deliver: list[dict[str, Any]] = [
        {
            "kind": "invitation",
            "at": talk.messages[3]["created_at"],
            "state": "bounced",
            "events": [],
        },
        {
            "kind": "invitation",
            "at": earlier.summary["created_at"],
            "state": "accepted",
            "events": [],
        },
    ]
    at = earlier.summary["created_at"]
    account = {"state": "invited", "role": "member", "site": "Harbour House"} | {
        "created_at": at,
        "confirmed_at": None,
        "last_login_at": None,
        "invitation": {"state": "expired", "issued_at": at, "expires_at": at},
    }
    talk.about = {
        "earlier": [earlier.summary],
        "account": account,
        "deliveries": deliver,
    }
    return talk


def stretch(owner: str, talk: Talk, **more: Any) -> Json:
    """Return a stretch of a conversation under one owner."""
    at = talk.summary["created_at"]
    return {
        "owner": owner,
        "agent": None,
        "reason": None,
        "began_at": at,
        "ended_at": at,
    } | more


def suggestion(topic: Json, confidence: float) -> Json:
    """Return a suggested answer."""
    return {
        "slug": topic["key"],
        "title": topic["title"],
        "confidence": confidence,
        "url": f"https://help.example/articles/{topic['key']}",
        "answer": "A link is valid for 72 hours. Your site admin can send you a new one.",
    }
