"""The contract's calls, as methods."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from accounts.client.errors import AccountsError
from accounts.client.fields import Fields
from accounts.client.parsing import (
    parse_account,
    parse_delivery,
    parse_erased,
    parse_export,
    parse_inspection,
    parse_invitation_page,
    parse_nothing,
    parse_queued,
    parse_recovery,
    parse_suppression,
)
from accounts.client.results import (
    Account,
    Delivery,
    Invitation,
    InvitationState,
    LinkInspection,
    Recovery,
    RecoveryKind,
    Suppression,
)
from accounts.client.transport import Call, Transport, Watch, watch_nothing

Result = TypeVar("Result")

LONGEST_PAGE = 500


class AccountsClient:
    """Talks to an account backend.

    One object may be used from several threads: it holds a `requests.Session` that is
    never changed after construction, keeps no cookies, and whose connection pool hands
    each call a connection of its own; everything else lives on the call's own stack.

    Every method raises `AccountsError`, and nothing else, when the backend does not do
    what was asked; within `budget` seconds, give or take one.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        connect_timeout: float = 2.0,
        read_timeout: float = 5.0,
        budget: float = 7.0,
        watch: Watch = watch_nothing,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            base_url: Where the backend is, without `/v1`.
            token: The bearer token; its scope decides which calls are allowed.
            connect_timeout: Longest wait for a connection, in seconds.
            read_timeout: Longest silence while an answer arrives, in seconds.
            budget: Longest time for a call with all its retries, in seconds.
            watch: Sees each call, and may give it headers.
        """
        self._transport = Transport(
            base_url, token, connect_timeout, read_timeout, budget, watch
        )

    def request_recovery(
        self,
        email: str | None,
        kind: RecoveryKind,
        *,
        idempotency_key: str,
        reference: str | None = None,
        lift_suppression: bool = False,
    ) -> None:
        """Ask the backend to help a person by mail; says nothing about the account.

        Args:
            email: For whom, or None if `reference` says so.
            kind: What for.
            idempotency_key: The same key again has no second effect.
            reference: Stands for the account of an inspected link.
            lift_suppression: Send although mail bounced before; needs a staff token.
        """
        body: dict[str, str | bool] = {"kind": RecoveryKind(kind).value}
        if reference is not None:
            body["reference"] = reference
        if email is not None:
            body["email"] = email
        if lift_suppression:
            body["lift_suppression"] = True
        self._transport.call(
            Call(
                "POST",
                "/v1/recoveries",
                parse_queued,
                body=body,
                idempotency_key=idempotency_key,
            )
        )

    def get_recovery(self, key: str) -> Recovery | None:
        """Return what became of a recovery, by its idempotency key; for staff."""
        call = _about("GET", "/v1/recoveries/{key}", key, parse_recovery)
        return self._unless("no_recovery", call)

    def withdraw_recovery(self, key: str) -> Recovery:
        """Take back what a recovery sent; needs a staff token.

        The error's code says why it cannot be done: `no_recovery`, `already_used`,
        `nothing_to_withdraw`.
        """
        path = "/v1/recoveries/{key}/withdraw"
        return self._transport.call(_about("POST", path, key, parse_recovery))

    def get_account(self, email: str) -> Account | None:
        """Return an account, or None if there is none; needs a staff token."""
        call = _about("GET", "/v1/accounts/{email}", email, parse_account)
        return self._unless("no_account", call)

    def find_accounts(self, query: str, limit: int = 20) -> list[Account]:
        """Return accounts whose address, name or site contains a text; for staff."""
        return self._transport.call(
            Call(
                "GET",
                "/v1/accounts",
                lambda value: Fields(value).each("accounts", parse_account),
                query={"query": query, "limit": str(limit)},
            )
        )

    def invitations(
        self,
        state: InvitationState,
        site: str | None = None,
        *,
        most: int | None = None,
    ) -> list[Invitation]:
        """Return the invitations in a state, newest first; needs a staff token.

        Args:
            state: What became of them.
            site: Only those to the site of this name.
            most: Stop after so many; None reads all pages.
        """
        query = {"state": InvitationState(state).value}
        if site is not None:
            query["site"] = site
        if most is not None:
            query["limit"] = str(max(1, min(most, LONGEST_PAGE)))
        found: list[Invitation] = []
        places: set[str] = set()
        while most is None or len(found) < most:
            call = Call("GET", "/v1/invitations", parse_invitation_page, query=query)
            page = self._transport.call(call)
            found += page.invitations
            if page.next is None:
                break
            if page.next in places:
                message = "The account backend's list of invitations does not end."
                raise AccountsError("bad_answer", message, permanent=False)
            places.add(page.next)
            query = query | {"after": page.next}
        return found[:most]

    def sites(self) -> list[str]:
        """Return the names of the sites; needs a staff token."""
        return self._transport.call(
            Call("GET", "/v1/sites", lambda value: Fields(value).texts("sites"))
        )

    def deliveries(self, email: str) -> list[Delivery]:
        """Return what became of the newest mails to a person; needs a staff token."""
        return self._transport.call(
            Call(
                "GET",
                "/v1/deliveries",
                lambda value: Fields(value).each("deliveries", parse_delivery),
                query={"email": email},
            )
        )

    def suppression(self, email: str) -> Suppression | None:
        """Return why no mail is sent to an address, if so; needs a staff token."""
        return self._transport.call(
            Call(
                "GET",
                "/v1/suppressions",
                lambda value: Fields(value).inner_or_none(
                    "suppression", parse_suppression
                ),
                query={"email": email},
            )
        )

    def lift_suppression(self, email: str) -> None:
        """Let mail be sent to an address again; needs a staff token."""
        query = {"email": email}
        self._transport.call(
            Call("DELETE", "/v1/suppressions", parse_nothing, query=query)
        )

    def export_traces(self, email: str) -> dict[str, Any]:
        """Return everything that is kept about an address; needs a staff token."""
        path = "/v1/accounts/{email}/traces"
        return self._transport.call(_about("GET", path, email, parse_export))

    def erase_traces(self, email: str) -> dict[str, int]:
        """Remove what is kept about an address beside its account; for staff.

        Returns:
            How much was removed, by kind. If the answer to a first try was lost, a
            second one counts only what was left.
        """
        path = "/v1/accounts/{email}/traces"
        return self._transport.call(_about("DELETE", path, email, parse_erased))

    def inspect_link(self, link: str) -> LinkInspection:
        """Return what became of a link, without using it up."""
        return self._transport.call(
            Call("POST", "/v1/links/inspect", parse_inspection, body={"link": link})
        )

    def close(self) -> None:
        """Give the pooled connections back."""
        self._transport.close()

    def _unless(self, code: str, call: Call[Result]) -> Result | None:
        try:
            return self._transport.call(call)
        except AccountsError as error:
            if error.code == code:
                return None
            raise


def _about(
    method: str, template: str, whom: str, parse: Callable[[object], Result]
) -> Call[Result]:
    """Return a call whose path names somebody, or something of theirs."""
    head, _, tail = template.partition("{")
    path = head + quote(whom, safe="") + tail.partition("}")[2]
    return Call(method, path, parse, template=template)
