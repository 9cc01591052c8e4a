"""People for tests, brought into each state through the pages and mails alone."""

from collections.abc import Callable
from uuid import uuid4

from accounts.seed import PASSWORD
from tests.accounts.browser import Browser, Page
from tests.accounts.service import AccountsRun

Damage = Callable[[str], str]
NEW_PASSWORD = "seven green bottles"


def new_address(name: str = "person") -> str:
    """Return an address that nobody has used yet."""
    return f"{name}-{uuid4().hex[:10]}@example.com"


def stranger(_run: AccountsRun) -> str:
    """Somebody without an account."""
    return new_address("stranger")


def invited(run: AccountsRun) -> str:
    """Somebody who was invited and got the mail."""
    email, _link = invite(run)
    return email


def invite(run: AccountsRun) -> tuple[str, str]:
    """Invite somebody as the site admin does; return address and link."""
    email = new_address("invited")
    browser = Browser(run.base_url)
    browser.log_in("sam@example.com", PASSWORD)
    page = browser.fill("/people/invite", email=email)
    assert "on its way" in page.text
    return email, run.next_link(email)


def unconfirmed(run: AccountsRun) -> str:
    """Somebody who registered and did not open the mail."""
    email, _link = register(run)
    return email


def register(run: AccountsRun) -> tuple[str, str]:
    """Register somebody; return address and link."""
    email = new_address("registered")
    page = Browser(run.base_url).fill(
        "/register", email=email, first_name="Rita", last_name="Vega"
    )
    assert page.title == "Check your mail"
    return email, run.next_link(email)


def active(run: AccountsRun) -> str:
    """Somebody who accepted an invitation, with NEW_PASSWORD."""
    email, link = invite(run)
    page = accept(Browser(run.base_url), link)
    assert page.url.endswith("/home"), page.text
    return email


def accept(browser: Browser, link: str, password: str = NEW_PASSWORD) -> Page:
    """Fill in the form behind an invitation or a confirmation."""
    return browser.fill(
        link,
        first_name="Noor",
        last_name="Haddad",
        password=password,
        password_again=password,
    )


def reset(browser: Browser, link: str, password: str = NEW_PASSWORD) -> Page:
    """Fill in the form behind a password link."""
    return browser.fill(link, password=password, password_again=password)


def locked(run: AccountsRun) -> str:
    """The seeded person whose account is locked, with the hourly limit cleared."""
    run.advance(hours=1, seconds=1)
    return "lea@example.com"
