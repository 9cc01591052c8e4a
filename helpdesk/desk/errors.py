"""What the desk refuses, each with a stable code; see docs/protocol.md."""

from uuid import UUID

from helpdesk.store.action_models import Approval
from helpdesk.store.models import Conversation


class DeskError(Exception):
    """A known reason why something is not done; the sentence is for the client."""

    code = "refused"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnauthorizedError(DeskError):
    """No visit, or one that has ended."""

    code = "unauthorized"
    status = 401


class ForbiddenError(DeskError):
    """Known, but not allowed to do this."""

    code = "forbidden"
    status = 403


class NotFoundError(DeskError):
    """No such conversation for this contact; somebody else's looks the same."""

    code = "not_found"
    status = 404


class EmptyMessageError(DeskError):
    """Nothing but white space."""

    code = "empty_message"


class TooLongError(DeskError):
    """More than one message may hold."""

    code = "too_long"


class ButtonExpiredError(DeskError):
    """Not a button that can be pressed now."""

    code = "button_expired"
    status = 409


class ClientIdTakenError(DeskError):
    """The same client id came with another content."""

    code = "client_id_taken"
    status = 409


class BadFileError(DeskError):
    """Not a file that can be attached, whatever it is called."""

    code = "bad_file"
    status = 409


class TooLargeError(DeskError):
    """More bytes than a file may have."""

    code = "too_large"
    status = 413


class AttachmentGoneError(DeskError):
    """No such file waits here for a message."""

    code = "attachment_gone"
    status = 409


class BadRangeError(DeskError):
    """A number that points outside the conversation."""

    code = "bad_frame"


class TooFastError(DeskError):
    """A rate limit was reached."""

    code = "too_fast"
    status = 429

    def __init__(self, message: str, retry_in_ms: int) -> None:
        super().__init__(message)
        self.retry_in_ms = retry_in_ms


class BadAddressError(DeskError):
    """No e-mail address that mail could be sent to."""

    code = "bad_address"


class MailOffError(DeskError):
    """This help desk sends no mails."""

    code = "mail_off"
    status = 409


class TakenError(DeskError):
    """Somebody else has the conversation."""

    code = "taken"
    status = 409

    def __init__(self, message: str, agent_id: UUID | None) -> None:
        super().__init__(message)
        self.agent_id = agent_id


class NotOwnerError(DeskError):
    """Only the agent who has the conversation may do this; `agent_id` is who has it."""

    code = "not_owner"
    status = 409

    def __init__(self, message: str, agent_id: UUID | None) -> None:
        super().__init__(message)
        self.agent_id = agent_id


class StaleError(DeskError):
    """What the agent saw is no longer so; `conversation` is how it stands."""

    code = "stale"
    status = 409

    def __init__(self, message: str, conversation: Conversation) -> None:
        super().__init__(message)
        self.conversation = conversation


class NotAvailableError(DeskError):
    """The agent it should go to is not there."""

    code = "not_available"
    status = 409


class NotPossibleError(DeskError):
    """The conversation does not stand where this could be done."""

    code = "not_possible"
    status = 409


class NotAskedError(DeskError):
    """Nobody asked how it went, or no longer."""

    code = "not_asked"
    status = 409


class TooManyMailsError(DeskError):
    """As many mails as are allowed were asked for already."""

    code = "too_many_mails"
    status = 409


class AlreadyUsedError(DeskError):
    """The link that should be withdrawn was used."""

    code = "already_used"
    status = 409


class AccountTroubleError(DeskError):
    """The account backend did not do it, or nobody knows whether it did."""

    code = "account_trouble"
    status = 409


class IsCommandError(DeskError):
    """A command, where a contact would read it."""

    code = "is_command"


class NeedsSecondPersonError(DeskError):
    """Somebody else has to agree; `approval` is what they were asked, if anybody was."""

    code = "needs_second_person"
    status = 409

    def __init__(self, message: str, approval: Approval | None) -> None:
        super().__init__(message)
        self.approval = approval
