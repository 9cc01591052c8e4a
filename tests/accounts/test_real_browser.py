"""The pages in a real Chromium: on a small phone, in the dark, by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import ConsoleMessage, Page

from accounts.seed import PASSWORD
from tests.accounts import people
from tests.accounts.service import AccountsRun

PATHS = ["/login", "/register", "/forgot", "/check-mail", "/nothing", "/invite/x"]
SMALL_PHONE = {"width": 320, "height": 640}
# Contrast of every piece of text with what is behind it, as WCAG defines it.
LOW_CONTRAST = """() => {
  const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => {
    v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")].filter((e) =>
    [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())
  ).map((e) => {
    const pair = [light(parse(getComputedStyle(e).color)), light(behind(e))];
    pair.sort((a, b) => b - a);
    return [e.textContent.trim(), (pair[0] + 0.05) / (pair[1] + 0.05)];
  }).filter(([, ratio]) => ratio < 4.5);
}"""


@pytest.fixture
def phone(
    chromium: Chromium, accounts: AccountsRun, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page on a small phone that fails the test if the browser complains."""
    scheme = getattr(request, "param", "dark")
    context = chromium.new_context(
        base_url=accounts.base_url, viewport=SMALL_PHONE, color_scheme=scheme
    )
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # A page with a 4xx status is shown on purpose; Chromium mentions the status.
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def check_looks(page: Page) -> None:
    """Nothing sticks out, everything is readable, every field has its label."""
    page.wait_for_load_state("load")  # text can be there before its style is
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(wide), page.url
    assert page.evaluate(LOW_CONTRAST) == []
    assert page.locator("h1").count() == 1
    for field in page.locator("input:not([type=hidden])").all():
        name = field.get_attribute("id")
        assert page.locator(f"label[for={name}]").inner_text()
    small = "e => e.getBoundingClientRect().height < 44"
    for button in page.locator("button, a.button").all():
        assert not button.evaluate(small)


@pytest.mark.parametrize("phone", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("path", PATHS)
def test_pages_fit_a_small_phone_and_can_be_read(phone: Page, path: str) -> None:
    phone.goto(path)
    check_looks(phone)


def test_an_invitation_is_accepted_by_keyboard_alone(
    accounts: AccountsRun, phone: Page
) -> None:
    _email, link = people.invite(accounts)
    phone.goto(link)
    check_looks(phone)
    phone.locator("#first_name").focus()
    for text in ("Noor", "Haddad", "short", "short"):
        phone.keyboard.type(text)
        phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.locator("#password[aria-invalid=true]").wait_for()
    check_looks(phone)
    note = phone.locator("#password").get_attribute("aria-describedby")
    assert "Too short" in phone.locator(f"#{note}").inner_text()

    phone.locator("#password").focus()
    for _ in range(2):
        phone.keyboard.type(people.NEW_PASSWORD)
        phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/home")
    assert phone.locator("h1").inner_text() == "Hello, Noor"
    check_looks(phone)


def test_an_expired_link_is_renewed_with_one_press(
    accounts: AccountsRun, phone: Page
) -> None:
    email, link = people.invite(accounts)
    accounts.advance(hours=73)
    phone.goto(link)
    check_looks(phone)
    phone.get_by_role("button", name="Send me a fresh one").click()
    phone.get_by_role("heading", name="Check your mail").wait_for()
    phone.goto(accounts.next_link(email))
    phone.get_by_role("heading", name="Accept your invitation").wait_for()


def test_a_failed_login_is_announced_and_a_good_one_leads_home(
    phone: Page,
) -> None:
    phone.goto("/login")
    phone.get_by_label("E-mail address").fill("sam@example.com")
    phone.get_by_label("Password").fill("wrong")
    phone.get_by_role("button", name="Log in").click()
    alert = phone.get_by_role("alert")
    alert.wait_for()
    assert "That did not work." in alert.inner_text()
    check_looks(phone)
    assert phone.get_by_label("E-mail address").input_value() == "sam@example.com"
    phone.get_by_label("Password").fill(PASSWORD)
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/home")
    phone.get_by_role("link", name="Invite somebody").click()
    check_looks(phone)
    phone.get_by_label("Their e-mail address").fill(people.new_address())
    phone.get_by_role("button", name="Send the invitation").click()
    phone.get_by_role("status").wait_for()
    check_looks(phone)


def test_the_mailbox_fits_a_small_phone_and_its_link_can_be_followed(
    accounts: AccountsRun, phone: Page
) -> None:
    _email, link = people.invite(accounts)
    phone.goto(accounts.outbox_url)
    check_looks(phone)
    phone.get_by_role("link").filter(has_text="Your invitation").first.click()
    phone.get_by_role("link", name=link).wait_for()
    check_looks(phone)
    phone.get_by_role("link", name=link).click()
    phone.get_by_role("heading", name="Accept your invitation").wait_for()
