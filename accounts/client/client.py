"""The contract's calls, as methods."""

from urllib.parse import quote

from accounts.client.errors import AccountsError
from accounts.client.parsing import (
    Fields,
    parse_account,
    parse_delivery,
    parse_inspection,
    parse_invitation,
    parse_queued,
)
from accounts.client.results import (
    Account,
    Delivery,
    Invitation,
    InvitationState,
    LinkInspection,
    RecoveryKind,
)
from accounts.client.transport import Call, Transport


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
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            base_url: Where the backend is, without `/v1`.
            token: The bearer token; its scope decides which calls are allowed.
            connect_timeout: Longest wait for a connection, in seconds.
            read_timeout: Longest silence while an answer arrives, in seconds.
            budget: Longest time for a call with all its retries, in seconds.
        """
        self._transport = Transport(
            base_url, token, connect_timeout, read_timeout, budget
        )

    def request_recovery(
        self, email: str, kind: RecoveryKind, *, idempotency_key: str
    ) -> None:
        """Ask the backend to help a person by mail; says nothing about the account."""
        self._transport.call(
            Call(
                "POST",
                "/v1/recoveries",
                parse_queued,
                body={"email": email, "kind": RecoveryKind(kind).value},
                idempotency_key=idempotency_key,
            )
        )

    def get_account(self, email: str) -> Account | None:
        """Return an account, or None if there is none; needs a staff token."""
        path = f"/v1/accounts/{quote(email, safe='')}"
        try:
            return self._transport.call(Call("GET", path, parse_account))
        except AccountsError as error:
            if error.code == "no_account":
                return None
            raise

    def invitations(self, state: InvitationState) -> list[Invitation]:
        """Return the newest invitations in a state; needs a staff token."""
        return self._transport.call(
            Call(
                "GET",
                "/v1/invitations",
                lambda value: Fields(value).each("invitations", parse_invitation),
                query={"state": InvitationState(state).value},
            )
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

    def inspect_link(self, link: str) -> LinkInspection:
        """Return what became of a link, without using it up."""
        return self._transport.call(
            Call("POST", "/v1/links/inspect", parse_inspection, body={"link": link})
        )

    def close(self) -> None:
        """Give the pooled connections back."""
        self._transport.close()
