"""Dead links, pasted into the chat of the whole product: said what they are, never kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import requests

from accounts.links import hash_secret
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import wait_for
from tests.e2e.full_stack import FullStack
from tests.helpdesk.chat_client import ChatClient, Frame

RENEW = "Send me a new one"
SCANNERS = (
    *("Mozilla/5.0", "BarracudaCentral", "Google-Safety", "SafeLinks", "curl/8.5.0"),
)
NOTHING_DONE = {200, 405}


@pytest.fixture
def site_chat(product: FullStack) -> Iterator[ChatClient]:
    with ChatClient.of_new_contact(product.site) as client:
        yield client


def paste(chat: ChatClient, link: str, words: str = "this link {} says expired") -> str:
    """Paste a link; return what is answered."""
    return str(chat.ask(words.format(link))["text"])


def press(chat: ChatClient, title: str) -> Frame:
    newest = chat.messages[chat.last_seq]
    (button,) = [b for b in newest["buttons"] if b["title"] == title]
    chat.press(button["id"])
    return chat.hear()


def age(product: FullStack, link: str, hours: int) -> None:
    """Have a link been sent so many hours ago by the assistant's own clock, which stays.

    The backend's may have been moved forward for others.
    """
    digest = hash_secret(link.rpartition("/")[2])
    sent_at = datetime.now(UTC) - timedelta(hours=hours)
    ended_at = sent_at + timedelta(hours=72)
    times = [f"{each:%Y-%m-%d %H:%M:%S.%f}" for each in (sent_at, ended_at)]
    with closing(sqlite3.connect(product.accounts.database_file)) as database, database:
        statement = (
            "UPDATE tokens SET issued_at = ?, expires_at = ? WHERE token_hash = ?"
        )
        assert database.execute(statement, (*times, digest)).rowcount == 1


def kept_outside_of_mails(product: FullStack, *words: str) -> set[str]:
    """Return the names of what holds one of the words, but for the mails themselves."""
    kept = {name.partition("/")[0] for name in product.kept_with(list(words))}
    return kept - {"outbox"}


def test_an_expired_link_is_said_so_and_a_fresh_one_goes_to_the_address_on_file(
    product: FullStack, site_chat: ChatClient, browser: Browser
) -> None:
    email, link = people.invite(product.accounts)
    age(product, link, hours=75)
    said = paste(site_chat, f"{link[:60]}\n{link[60:]}")
    assert "its time is up" in said
    assert "It was sent 3 days ago and ran out 3 hours ago." in said
    assert email not in said
    assert "on its way" in press(site_chat, RENEW)["text"]
    shown = str(list(site_chat.messages.values()))
    fresh = product.accounts.next_link(email)
    assert fresh != link
    assert people.accept(browser, fresh).url.endswith("/home")
    secret = link.rpartition("/")[2]
    pieces = (secret, secret[:20], secret[-20:])
    assert [piece for piece in pieces if piece in shown] == []
    assert kept_outside_of_mails(product, *pieces) == set()
    assert kept_outside_of_mails(product, "[link removed]")


def test_a_used_link_is_said_so(
    product: FullStack, site_chat: ChatClient, browser: Browser
) -> None:
    _, link = people.invite(product.accounts)
    people.accept(browser, link)
    assert "can be used once, and it was" in paste(site_chat, link, "{}")


def test_a_replaced_link_is_said_so(product: FullStack, site_chat: ChatClient) -> None:
    email, link = people.invite(product.accounts)
    product.accounts.request(email, "invite")
    newer = product.accounts.next_link(email)
    assert "A newer link has taken the place" in paste(site_chat, link, "{}")
    assert "still works" in paste(site_chat, newer, "and this one? {}")


def test_a_withdrawn_link_is_said_so(product: FullStack, site_chat: ChatClient) -> None:
    email, _ = people.invite(product.accounts)
    product.accounts.request(email, "invite", key="taken-back")
    link = product.accounts.next_link(email)
    product.accounts.staff().withdraw_recovery("taken-back")
    assert "was taken back" in paste(site_chat, link, "{}")


def test_a_look_alike_is_said_to_lead_elsewhere(
    product: FullStack, site_chat: ChatClient
) -> None:
    _, link = people.invite(product.accounts)
    place = product.accounts.base_url.removeprefix("http://")
    for fake in (
        link.replace(place, f"{place.partition(':')[0]}.evil.test"),
        link.replace(place, f"{place}@evil.test"),
        link.replace(place, f"evil.test//{place}"),
    ):
        said = paste(site_chat, fake, "is this from you? {}")
        assert "doesn't lead to us" in said, fake
        assert "don't type a password" in said


def test_a_link_that_nobody_made_is_not_known(
    product: FullStack, site_chat: ChatClient
) -> None:
    _, link = people.invite(product.accounts)
    secret = link.rpartition("/")[2]
    unknown = link.replace(secret, f"{secret[1:]}{secret[0]}")
    assert "don't know that link" in paste(site_chat, unknown)


def test_looking_twenty_times_never_uses_a_link_up(
    product: FullStack, site_chat: ChatClient, browser: Browser
) -> None:
    _, link = people.invite(product.accounts)
    for number in range(20):
        method = "HEAD" if number % 2 else "GET"
        agent = SCANNERS[number % len(SCANNERS)]
        answer = requests.request(
            method, link, headers={"User-Agent": agent}, timeout=15
        )
        assert answer.status_code in NOTHING_DONE
        if number % 5 == 0:
            assert "still works" in paste(site_chat, link, "{}")
    assert people.accept(browser, link).url.endswith("/home")
    assert "can be used once, and it was" in paste(site_chat, link, "{}")


def test_without_the_account_system_the_link_is_unchecked_and_help_goes_on(
    product: FullStack, site_chat: ChatClient
) -> None:
    _, link = people.invite(product.accounts)
    product.accounts.service.stop()
    try:
        said = paste(site_chat, link)
        assert "can't look that link up right now" in said
    finally:
        product.accounts.service.start()
    assert wait_for(lambda: "still works" in paste(site_chat, link, "{}"), "an answer")
