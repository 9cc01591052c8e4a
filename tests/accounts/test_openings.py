"""Programs that open links before people do: none of them uses a link up."""

from collections.abc import Callable

import pytest
import requests

from accounts.client import LinkState
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun

SCANNERS = [
    {"User-Agent": "Mozilla/5.0 (compatible; Microsoft Outlook SafeLinks)"},
    {"User-Agent": "BarracudaCentral/1.0", "Accept": "*/*"},
    {"User-Agent": "Mimecast URL Protect"},
    {"User-Agent": "GoogleImageProxy (via ggpht.com)"},
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "WhatsApp/2.23"},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"User-Agent": ""},
]


def invitation(run: AccountsRun) -> str:
    return people.invite(run)[1]


def confirmation(run: AccountsRun) -> str:
    return people.register(run)[1]


def password_link(run: AccountsRun) -> str:
    email = people.active(run)
    run.request(email)
    return run.next_link(email)


@pytest.mark.parametrize("make", [invitation, confirmation, password_link])
def test_a_link_that_was_opened_twenty_times_still_works(
    backend: AccountsRun, make: Callable[[AccountsRun], str]
) -> None:
    link = make(backend)
    before = backend.client().inspect_link(link)
    for headers in SCANNERS:
        for method in ("GET", "HEAD"):
            # Also with its cookies, as those that follow redirects and scripts do.
            with requests.Session() as scanner:
                answer = scanner.request(method, link, headers=headers, timeout=10)
                assert answer.status_code < 500
                scanner.options(link, headers=headers, timeout=10)
                # A form that is submitted blindly, without the visitor's own token.
                scanner.post(link, data={"password": "x" * 12}, timeout=10)
    for _ in range(3):
        backend.client().inspect_link(f"<{link}>")
    after = backend.client().inspect_link(link)
    assert after.state is LinkState.VALID
    assert (after.issued_at, after.expires_at) == (before.issued_at, before.expires_at)

    browser = Browser(backend.base_url)
    use = people.reset if make is password_link else people.accept
    assert use(browser, link).url.endswith("/home")
    assert backend.client().inspect_link(link).state is LinkState.USED
