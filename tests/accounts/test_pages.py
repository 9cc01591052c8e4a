"""The pages, as people use and misuse them."""

import pytest
import requests

from accounts.seed import PASSWORD
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun

OPEN_PAGES = ["/login", "/register", "/forgot", "/check-mail", "/nothing", "/reset/x"]
FORMS = ["/login", "/register", "/forgot"]
ODD = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "'; DROP TABLE accounts; --", "\x00"]


def test_somebody_registers_confirms_and_logs_in(
    accounts: AccountsRun, browser: Browser
) -> None:
    email, link = people.register(accounts)
    form = browser.open(link)
    assert form.form()[1]["first_name"] == "Rita"
    home = people.accept(browser, link)
    assert home.title == "Hello, Noor"
    assert "Noor Haddad" in home.text
    assert "None yet" in home.text
    other = Browser(accounts.base_url)
    assert other.log_in(email.upper(), people.NEW_PASSWORD).url.endswith("/home")


def test_somebody_invited_gets_the_inviting_admins_site(
    accounts: AccountsRun, browser: Browser
) -> None:
    email, link = people.invite(accounts)
    assert email in browser.open(link).text
    assert "Harbour House" in people.accept(browser, link).text


def test_a_new_password_replaces_the_old_one_and_ends_other_logins(
    accounts: AccountsRun, browser: Browser
) -> None:
    email = people.active(accounts)
    elsewhere = Browser(accounts.base_url)
    elsewhere.log_in(email, people.NEW_PASSWORD)
    assert browser.fill("/forgot", email=email).title == "Check your mail"
    people.reset(browser, accounts.next_link(email), "a quite different one")
    assert elsewhere.open("/home").title == "Log in"
    assert elsewhere.log_in(email, people.NEW_PASSWORD).status == 422
    assert elsewhere.log_in(email, "a quite different one").status == 200
    assert "was changed" in accounts.next_mail(email)["subject"]


def test_logging_out_ends_the_login_on_the_server(
    accounts: AccountsRun, browser: Browser
) -> None:
    home = browser.log_in(people.active(accounts), people.NEW_PASSWORD)
    cookies = browser.session.cookies.copy()
    assert browser.submit(home).title == "Log in"
    browser.session.cookies = cookies
    assert browser.open("/home").title == "Log in"


def test_a_login_ends_after_twelve_hours(
    accounts: AccountsRun, browser: Browser
) -> None:
    browser.log_in("alex@example.com", PASSWORD)
    assert browser.open("/").url.endswith("/home")
    accounts.advance(hours=12, minutes=1)
    assert browser.open("/").url.endswith("/login")


def test_every_failed_login_reads_the_same(accounts: AccountsRun) -> None:
    attempts = [
        (people.active(accounts), "wrong password"),
        (people.stranger(accounts), PASSWORD),
        ("lea@example.com", PASSWORD),
        (people.unconfirmed(accounts), PASSWORD),
        (people.invited(accounts), ""),
    ]
    texts = set()
    for email, password in attempts:
        page = Browser(accounts.base_url).log_in(email, password)
        assert page.status == 422
        assert page.form()[1]["email"] == email
        assert page.form()[1]["password"] == ""
        texts.add(page.text)
    assert len(texts) == 1


def test_guessing_is_slowed_down_and_a_reset_helps(
    accounts: AccountsRun, browser: Browser
) -> None:
    email = people.active(accounts)
    for _ in range(10):
        browser.log_in(email, "guess")
    assert browser.log_in(email, people.NEW_PASSWORD).status == 422
    accounts.advance(minutes=16)
    assert browser.log_in(email, people.NEW_PASSWORD).status == 200


@pytest.mark.parametrize("path", ["/register", "/forgot"])
def test_pages_answer_the_same_for_known_and_unknown_addresses(
    accounts: AccountsRun, path: str
) -> None:
    everybody = [
        people.active(accounts),
        people.unconfirmed(accounts),
        people.stranger(accounts),
    ]
    names = {"first_name": "Rita", "last_name": "Vega"} if path == "/register" else {}
    pages = [
        Browser(accounts.base_url).fill(path, email=email, **names)
        for email in everybody
    ]
    assert len({(page.status, page.url, page.answer.text) for page in pages}) == 1


def test_registering_with_a_known_address_says_so_only_in_the_mail(
    accounts: AccountsRun, browser: Browser
) -> None:
    email = people.active(accounts)
    browser.fill("/register", email=email, first_name="Mal", last_name="Lory")
    assert "already have" in accounts.next_mail(email)["subject"]
    account = accounts.staff().get_account(email)
    assert account is not None
    assert account.first_name == "Noor"


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        ("short", "short", "at least 10 characters"),
        ("x" * 257, "x" * 257, "at most 256 characters"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "again and again"),
        ("good enough one", "good enough two", "not the same"),
        ("", "", "at least 10 characters"),
    ],
)
def test_a_bad_password_is_explained_and_the_rest_is_kept(
    accounts: AccountsRun, browser: Browser, password: str, again: str, words: str
) -> None:
    _email, link = people.invite(accounts)
    page = browser.fill(
        link,
        first_name="Zoë",
        last_name="O'Neill",
        password=password,
        password_again=again,
    )
    assert page.status == 422
    assert words in page.text
    fields = page.form()[1]
    assert (fields["first_name"], fields["last_name"]) == ("Zoë", "O'Neill")
    assert fields["password"] == fields["password_again"] == ""
    good = {"password": people.NEW_PASSWORD, "password_again": people.NEW_PASSWORD}
    assert browser.submit(page, **good).title == "Hello, Zoë"


def test_the_address_is_no_password(accounts: AccountsRun, browser: Browser) -> None:
    email, link = people.invite(accounts)
    for password in (email, email.upper(), email.partition("@")[0]):
        assert "too easy to guess" in people.accept(browser, link, password).text


def test_missing_and_odd_names_are_explained(
    accounts: AccountsRun, browser: Browser
) -> None:
    _email, link = people.invite(accounts)
    password = people.NEW_PASSWORD
    page = browser.fill(
        link,
        first_name=" ",
        last_name="<b>" + "x" * 200,
        password=password,
        password_again=password,
    )
    assert page.status == 422
    assert "Please fill this in." in page.text
    assert "without < or >" in page.text


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("text", ODD)
def test_odd_input_is_refused_and_shown_only_as_text(
    browser: Browser, path: str, text: str
) -> None:
    page = browser.fill(
        path, email=text, first_name=text, last_name=text, password=text
    )
    assert page.status == 422
    assert "<script>" not in page.answer.text
    assert "49" not in page.text


@pytest.mark.parametrize("path", [*FORMS, "/logout", "/renew", "/invite/" + "a" * 43])
def test_a_form_of_another_site_is_refused(browser: Browser, path: str) -> None:
    browser.open("/login")
    fields = {"email": "a@example.com", "password": "x", "link": "x"}
    for token in ("", "0" * 64, "é"):
        answer = browser.session.post(
            browser.base_url + path, data={**fields, "form_token": token}, timeout=10
        )
        assert answer.status_code == 403
        assert "This is not possible" in answer.text


def test_a_form_token_of_another_browser_is_refused(
    accounts: AccountsRun, browser: Browser
) -> None:
    stolen = Browser(accounts.base_url).open("/login")
    browser.open("/login")
    page = browser.submit(stolen, email="alex@example.com", password=PASSWORD)
    assert page.status == 403


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe=\x00", "application/x-www-form-urlencoded"),
        (b"not a form", "multipart/form-data; boundary=x"),
        (b"--x\r\nnonsense\r\n--x--", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"", ""),
    ],
)
def test_broken_forms_are_refused(
    accounts: AccountsRun, body: bytes, kind: str
) -> None:
    answer = requests.post(
        f"{accounts.base_url}/login",
        data=body,
        headers={"Content-Type": kind},
        timeout=10,
    )
    assert answer.status_code in {400, 403}
    assert "<h1>" in answer.text


def test_only_a_site_admin_may_invite(accounts: AccountsRun, browser: Browser) -> None:
    assert browser.open("/people/invite").title == "Log in"
    page = browser.log_in(people.active(accounts), people.NEW_PASSWORD)
    assert "Invite somebody" not in page.text
    assert browser.open("/people/invite").status == 403
    token = page.form()[1]["form_token"]
    answer = browser.session.post(
        f"{accounts.base_url}/people/invite",
        data={"email": people.new_address(), "form_token": token},
        timeout=10,
    )
    assert answer.status_code == 403


def test_inviting_somebody_with_an_account_changes_nothing(
    accounts: AccountsRun, browser: Browser
) -> None:
    email = people.active(accounts)
    browser.log_in("sam@example.com", PASSWORD)
    browser.fill("/people/invite", email=email)
    assert "already have" in accounts.next_mail(email)["subject"]
    assert browser.fill("/people/invite", email="nonsense").status == 422


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_every_page_keeps_scripts_frames_and_referrers_out(
    browser: Browser, path: str
) -> None:
    answer = browser.open(path).answer
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert '<html lang="en">' in answer.text


def test_cookies_are_out_of_reach_for_scripts(
    accounts: AccountsRun, browser: Browser
) -> None:
    browser.log_in("alex@example.com", PASSWORD)
    cookies = list(browser.session.cookies)
    assert {cookie.name for cookie in cookies} == {
        "latchkey_account_visitor",
        "latchkey_account_login",
    }
    for cookie in cookies:
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Lax"


def test_an_unknown_page_says_so(browser: Browser) -> None:
    page = browser.open("/nothing/here")
    assert page.status == 404
    assert page.title == "There is no such page"


def test_the_style_sheet_and_the_icon_are_there(browser: Browser) -> None:
    for path, kind in [("accounts.css", "text/css"), ("key.svg", "image/svg+xml")]:
        answer = browser.open(f"/static/{path}").answer
        assert answer.headers["Content-Type"].startswith(kind)
    assert browser.open("/static/../app.py").status == 404
