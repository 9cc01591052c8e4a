"""The client of the account contract; it imports nothing of the service."""

from accounts.client.client import AccountsClient
from accounts.client.errors import AccountsError
from accounts.client.results import (
    Account,
    AccountState,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Invitation,
    InvitationState,
    LinkInspection,
    LinkPurpose,
    LinkState,
    Recovery,
    RecoveryKind,
    RecoveryLink,
    RecoveryState,
    Role,
    Suppression,
)
from accounts.client.transport import Watch, watch_nothing

__all__ = [
    "Account",
    "AccountState",
    "AccountsClient",
    "AccountsError",
    "Delivery",
    "DeliveryEvent",
    "DeliveryState",
    "Invitation",
    "InvitationState",
    "LinkInspection",
    "LinkPurpose",
    "LinkState",
    "Recovery",
    "RecoveryKind",
    "RecoveryLink",
    "RecoveryState",
    "Role",
    "Suppression",
    "Watch",
    "watch_nothing",
]
