"""What the desk refuses, each with a stable code; see docs/protocol.md."""


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
