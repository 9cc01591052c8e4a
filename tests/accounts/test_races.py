"""Several people, tabs or scanners at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from accounts.client import DeliveryState, InvitationState, LinkState
from tests.accounts import people
from tests.accounts.browser import Browser, Page
from tests.accounts.service import AccountsRun, wait_for

TABS = 6


def test_one_of_many_submissions_of_a_link_wins(accounts: AccountsRun) -> None:
    email, link = people.invite(accounts)
    forms = [(browser, browser.open(link)) for browser in new_browsers(accounts)]
    start = Barrier(TABS)

    def submit(number: int) -> Page:
        browser, form = forms[number]
        start.wait(10)
        password = f"password number {number}"
        return browser.submit(
            form,
            first_name=f"Tab {number}",
            last_name="Race",
            password=password,
            password_again=password,
        )

    with ThreadPoolExecutor(TABS) as pool:
        pages = list(pool.map(submit, range(TABS)))
    won = [number for number, page in enumerate(pages) if page.url.endswith("/home")]
    assert len(won) == 1
    assert sorted(page.status for page in pages) == [200] + [410] * (TABS - 1)
    account = accounts.staff().get_account(email)
    assert account is not None
    assert account.first_name == f"Tab {won[0]}"
    page = Browser(accounts.base_url).log_in(email, f"password number {won[0]}")
    assert page.title == f"Hello, Tab {won[0]}"


def test_many_requests_at_once_leave_one_valid_link(accounts: AccountsRun) -> None:
    email, first = people.invite(accounts)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: accounts.request(email, "invite"), range(4)))

    def are_done() -> bool:
        deliveries = accounts.staff().deliveries(email)
        return len(deliveries) == 5 and all(
            delivery.state in {DeliveryState.ACCEPTED, DeliveryState.SUPPRESSED}
            for delivery in deliveries
        )

    # A mail that is overtaken before it leaves is not sent at all.
    wait_for(are_done, "the end of all five mails")
    newest, *older = [mail["links"][0] for mail in accounts.mails(email)]
    assert accounts.client().inspect_link(newest).state is LinkState.VALID
    assert first in older
    for link in older:
        assert accounts.client().inspect_link(link).state is LinkState.REPLACED
    pending = accounts.staff().invitations(InvitationState.PENDING)
    assert [invitation.email for invitation in pending].count(email) == 1


def test_registering_many_times_at_once_makes_one_account(
    accounts: AccountsRun,
) -> None:
    email = people.new_address()

    def register(browser: Browser) -> Page:
        return browser.fill("/register", email=email, first_name="R", last_name="V")

    with ThreadPoolExecutor(TABS) as pool:
        pages = list(pool.map(register, new_browsers(accounts)))
    assert {page.title for page in pages} == {"Check your mail"}
    account = None
    for _ in range(2):
        accounts.next_mail(email)
        account = accounts.staff().get_account(email)
    assert account is not None
    assert account.state == "unconfirmed"


def test_reading_goes_on_while_others_write(accounts: AccountsRun) -> None:
    email = people.active(accounts)
    staff = accounts.staff()

    def use(number: int) -> bool:
        if number % 2:
            accounts.request(people.stranger(accounts))
            return True
        account = staff.get_account(email)
        return account is not None and account.email == email

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(32)))


def new_browsers(accounts: AccountsRun) -> list[Browser]:
    return [Browser(accounts.base_url) for _ in range(TABS)]
