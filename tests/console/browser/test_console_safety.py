"""What contacts, colleagues and the assistant write stays text, wherever it is shown."""

import json

import pytest
from playwright.sync_api import Page, expect

from helpdesk.web.assets import read_assets
from tests.console.browser.console_acting import approval, bulk_run, receipt
from tests.console.browser.console_page import Console
from tests.console.browser.console_record import ANA, BEN, Json
from tests.console.browser.console_scenes import canned, suggestion, understood
from tests.console.browser.console_server import ConsoleServer

ATTACKS = [
    "<img src=/stolen onerror=alert(1)>",
    "[click](javascript:alert(1)) javascript:alert(1)",
    '"><svg onload=alert(1)><iframe src=/stolen></iframe>',
]
FORBIDDEN = """() => [...document.querySelectorAll("*")].filter((it) =>
  ["SCRIPT", "IFRAME", "OBJECT", "EMBED", "STYLE", "BASE", "META"].includes(it.tagName)
  && it.closest("body")
  || [...it.attributes].some(({name}) => name.startsWith("on"))
  || /^(javascript|data):/i.test(it.getAttribute("href") ?? "") && it.tagName === "A"
  || it.tagName === "IMG" && it.getAttribute("src").includes("stolen")).length"""
TURNED = "\u202eexe.gpj"


def is_clean(page: Page) -> None:
    """Nothing on the page was made of what somebody wrote."""
    assert page.evaluate(FORBIDDEN) == 0


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_others_write_becomes_markup(
    console: Console, desk: ConsoleServer, attack: str
) -> None:
    topic = {"key": attack, "title": attack}
    contact = {"email": attack, "is_verified": True}
    talk = desk.record.begin(attack, contact=contact, topic=topic)
    talk.become("agent", ANA)
    bad = {"slug": "x", "title": attack, "url": "javascript:alert(1)"}
    file: Json = {"id": "1", "name": attack, "media_type": "image/png", "size": 1}
    turn = understood(topic, 0.5, (topic, 0.4))
    turn["actions"] = [{"name": attack, "outcome": attack}]
    talk.add(attack, turn=turn, attachments=[file | {"url": "javascript:alert(1)"}])
    talk.add(
        attack,
        "assistant",
        article=bad,
        results=[bad],
        buttons=[{"id": "1", "title": attack}],
    )
    talk.add(attack, "agent", agent={"id": BEN["id"], "name": attack})
    talk.add(attack, "agent", kind="note", agent=BEN)
    kept = {"target": attack, "reason": attack, "kind": attack, "by": {"name": attack}}
    link = {"state": attack, "purpose": attack}
    talk.add(attack, "system", receipts=[receipt("bounced", **kept)], link=link)
    wish = {"summary": attack, "reasons": [attack], "requested_by": kept["by"]}
    desk.own.approvals = [approval(**wish)]
    run = bulk_run(attack, number=attack)
    said = [{"id": "1", "title": attack}]
    desk.own.add(attack, "contact")
    desk.own.add(attack, run=run, receipts=[receipt(**kept)], buttons=said)
    desk.own.add(json.dumps({attack: attack}))
    talk.suggestions = [suggestion(topic, 0.5)]
    talk.ghosts = [
        {
            "seq": 1,
            "text": attack,
            "intent": "x",
            "confidence": 1,
            "agent_seq": 2,
            "agreement": 1,
        }
    ]
    delivery = {
        "kind": attack,
        "at": talk.summary["created_at"],
        "state": attack,
        "events": [],
    }
    account = {
        "email": attack,
        "state": attack,
        **{"role": attack, "site": attack},
        "invitation": {"state": attack, "expires_at": talk.summary["created_at"]},
    }
    talk.about = {
        "earlier": [talk.summary],
        "account": account,
        "deliveries": [delivery],
        "problem": attack,
        "delivery_note": attack,
        "warnings": [{"kind": attack, "text": attack, "needs_second_person": True}],
    }
    talk.satisfaction = {"score": 1, "comment": attack}
    desk.record.canned = [canned(attack, attack, attack)]
    desk.results = [
        {
            "conversation": talk.summary,
            "seq": 1,
            "sender": "contact",
            "created_at": talk.summary["created_at"],
        }
        | {"passage": [{"text": attack, "hit": True}]}
    ]
    console.visit(talk, "mine")
    is_clean(console.page)
    expect(console.page.locator(".contact .bubble")).to_have_text(attack)
    desk.tell(
        "presence",
        conversation=talk.id,
        agents=[{"agent": BEN | {"name": attack}, "is_typing": True}],
    )
    desk.notify("reply", talk, attack)
    desk.notify("handoff", desk.record.begin(attack), attack)
    console.told(attack)
    console.field.press_sequentially("/")
    is_clean(console.page)
    console.press("Escape", "Escape", "f")
    console.page.keyboard.type("x")
    expect(console.page.locator("mark")).to_have_text(attack)
    is_clean(console.page)
    console.press("Escape", "Control+j")
    expect(console.dialog).to_be_visible()
    is_clean(console.page)
    console.page.keyboard.type("approvals")
    console.press("Enter")
    expect(console.dialog.locator(".approval b")).to_have_text(attack)
    is_clean(console.page)
    console.press("Escape", "Escape", "Control+k")
    expect(console.page.locator(".json code")).to_contain_text(
        "stolen" if "stolen" in attack else "alert"
    )
    is_clean(console.page)


def test_a_name_cannot_turn_the_words_around_it(
    console: Console, desk: ConsoleServer
) -> None:
    talk = desk.record.begin(f"Ana{TURNED}")
    file = {"id": "1", "name": TURNED, "media_type": "application/pdf", "size": 1}
    talk.add(TURNED, attachments=[file | {"url": "https://evil.example/x"}])
    console.visit(talk)
    expect(console.heading).to_have_text("Anaexe.gpj")
    expect(console.page.locator(".file-name")).to_have_text("exe.gpj")
    # Files come from us alone.
    expect(console.page.locator(".message a")).to_have_count(0)
    bidi = console.page.locator(".contact .bubble").evaluate(
        "it => getComputedStyle(it).unicodeBidi"
    )
    assert bidi == "isolate"


def test_the_page_allows_no_foreign_script_and_no_inline_one(
    console: Console, desk: ConsoleServer
) -> None:
    console.visit()
    blocked = console.page.evaluate("""() => new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (it) => done(it.violatedDirective));
      const script = document.createElement("script");
      script.textContent = "window.hacked = true";
      document.body.append(script);
    })""")
    assert blocked.startswith("script-src")
    assert console.page.evaluate("window.hacked") is None
    console.complaints.clear()


def test_no_module_can_make_markup_of_text() -> None:
    sinks = (b"innerHTML", b"outerHTML", b"insertAdjacentHTML", b"DOMParser", b"eval(")
    modules = {n: a for n, a in read_assets().items() if n.startswith("console/")}
    assert len(modules) > 40
    for name, asset in modules.items():
        assert not [sink for sink in sinks if sink in asset.content], name
        assert b'style: "' not in asset.content, name


def test_who_is_signed_out_comes_back_to_the_same_place_with_the_draft(
    console: Console, desk: ConsoleServer
) -> None:
    talk = desk.record.begin("Noor")
    talk.become("agent", ANA)
    console.visit(talk, "mine")
    desk.signed_out = True
    console.field.press_sequentially("Not lost")
    console.page.wait_for_url("**/console/sign-in?next=*")
    expect(console.page.locator("p")).to_have_text(
        f"next=%2Fconsole%3Fview%3Dmine%26conversation%3D{talk.id}"
    )
    desk.signed_out = False
    console.visit(talk, "mine")
    expect(console.field).to_have_value("Not lost")


def test_a_session_that_ends_closes_the_console(
    console: Console, desk: ConsoleServer
) -> None:
    console.visit()
    desk.drop_sockets(4401)
    console.page.wait_for_url("**/console/sign-in?next=*")
