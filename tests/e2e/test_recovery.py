"""From "resend my invite" in the chat to being logged in, with real mail and pages."""

from collections.abc import Sequence

import pytest

from tests.accounts import people
from tests.accounts.browser import Browser
from tests.e2e.chat import Answer, Chat
from tests.e2e.full_stack import FullStack

SEND = "Yes, send it"


def test_a_new_invitation_asked_for_in_chat_leads_to_a_login(
    product: FullStack, chat: Chat, browser: Browser
) -> None:
    email = people.invited(product.accounts)
    question = chat.ask_for_invite(email)
    assert email in question.text
    assert "72 hours" in question.text
    assert "on its way" in chat.press(SEND).text

    mail = product.accounts.next_mail(email)
    assert "72 hours" in mail["text"]
    link = mail["links"][0]
    assert browser.open(link).title == "Accept your invitation"
    assert browser.open(link).title == "Accept your invitation"

    assert people.accept(browser, link).url.endswith("/home")
    returning = Browser(product.accounts.base_url)
    assert returning.log_in(email, people.NEW_PASSWORD).url.endswith("/home")
    assert "already used" in returning.open(link).title


def test_after_73_hours_the_page_says_expired_and_the_chat_brings_a_fresh_link(
    product: FullStack, chat: Chat, browser: Browser
) -> None:
    email, old_link = people.invite(product.accounts)
    product.accounts.advance(hours=73)
    page = browser.open(old_link)
    assert page.title == "This invitation has expired"
    assert "72 hours" in page.text

    chat.say("my invitation link is too old, it has expired")
    chat.press("Send me a new invitation")
    chat.say(email)
    chat.press(SEND)
    fresh_link = product.accounts.next_link(email)
    assert fresh_link != old_link
    assert people.accept(browser, fresh_link).url.endswith("/home")


def test_a_fresh_invitation_revokes_the_older_one(
    product: FullStack, chat: Chat, browser: Browser
) -> None:
    email, old_link = people.invite(product.accounts)
    opened_before = browser.open(old_link)
    chat.ask_for_invite(email)
    chat.press(SEND)
    fresh_link = product.accounts.next_link(email)
    assert browser.open(old_link).title == "There is a newer link"
    password = people.NEW_PASSWORD
    late = browser.submit(opened_before, password=password, password_again=password)
    assert late.title == "There is a newer link"
    assert people.accept(browser, fresh_link).url.endswith("/home")


def test_a_password_reset_asked_for_in_chat_leads_to_a_login(
    product: FullStack, chat: Chat, browser: Browser
) -> None:
    email = people.active(product.accounts)
    assert "one hour" in chat.ask_for_reset(email).text
    assert "on its way" in chat.press(SEND).text
    link = product.accounts.next_link(email)
    still = Browser(product.accounts.base_url)
    assert still.log_in(email, people.NEW_PASSWORD).url.endswith("/home")

    browser.open(link)
    people.reset(browser, link, "eleven blue bicycles")
    returning = Browser(product.accounts.base_url)
    assert returning.log_in(email, "eleven blue bicycles").url.endswith("/home")
    old = Browser(product.accounts.base_url).log_in(email, people.NEW_PASSWORD)
    assert old.url.endswith("/login")


def test_a_reset_link_works_for_59_minutes_and_not_for_61(
    product: FullStack, browser: Browser
) -> None:
    email = people.active(product.accounts)
    chat = product.chat()
    chat.ask_for_reset(email)
    chat.press(SEND)
    link = product.accounts.next_link(email)
    product.accounts.advance(minutes=59)
    assert browser.open(link).form()[1].keys() >= {"password", "password_again"}
    product.accounts.advance(minutes=2)
    assert browser.open(link).title == "This password link has expired"

    chat.ask_for_reset(email)
    chat.press(SEND)
    fresh = product.accounts.next_link(email)
    assert people.reset(browser, fresh).status == 200
    returning = Browser(product.accounts.base_url)
    assert returning.log_in(email, people.NEW_PASSWORD).url.endswith("/home")


def test_who_never_confirmed_gets_in_through_a_reset(
    product: FullStack, chat: Chat, browser: Browser
) -> None:
    email = people.unconfirmed(product.accounts)
    chat.say("the mail to confirm my address never came")
    chat.press("Reset my password")
    chat.say(email)
    chat.press(SEND)
    people.reset(browser, product.accounts.next_link(email))
    returning = Browser(product.accounts.base_url)
    assert returning.log_in(email, people.NEW_PASSWORD).url.endswith("/home")


def test_only_the_mail_tells_somebody_unknown_that_there_is_no_account(
    product: FullStack, chat: Chat
) -> None:
    email = people.new_address("nobody")
    chat.ask_for_invite(email)
    chat.press(SEND)
    mail = product.accounts.next_mail(email)
    assert "no account" in (mail["subject"] + mail["text"]).lower()


def without_chance(said: Sequence[Answer]) -> str:
    """Return all that was answered, without what differs with any two requests."""
    by_chance = {"key": None, "expires_at": None}
    for answer in said:
        receipts = answer.raw["receipts"]
        answer.raw["receipts"] = [receipt | by_chance for receipt in receipts]
    return repr([answer.raw for answer in said])


@pytest.mark.parametrize("kind", ["invite", "reset"])
def test_the_words_are_the_same_whatever_the_account(
    product: FullStack, kind: str
) -> None:
    run = product.accounts
    expired = people.invited(run)
    run.advance(hours=73)
    everybody = {
        "locked": people.locked(run),
        "unknown": people.new_address(),
        "invited": people.invited(run),
        "expired": expired,
        "unconfirmed": people.unconfirmed(run),
        "active": people.active(run),
    }
    told = {}
    for state, email in everybody.items():
        chat = product.chat()
        ask = chat.ask_for_invite if kind == "invite" else chat.ask_for_reset
        said = [ask(email), chat.press(SEND), chat.say("thanks")]
        told[state] = without_chance(said).replace(email, "ADDRESS")
    assert set(told.values()) == {told["unknown"]}
    assert told["unknown"].count("ADDRESS") == 3  # asked, done, and the receipt
    for email in everybody.values():
        run.next_mail(email)
