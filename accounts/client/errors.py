"""The one error of the client."""


class AccountsError(Exception):
    """The account backend did not do what was asked.

    Attributes:
        code: For programs: the backend's own code, or `unreachable`, `timeout`,
            `server_error`, `bad_answer`, `redirected`, `bad_request`.
        message: For logs and staff, in a sentence.
        permanent: Whether trying the same again is useless.
    """

    def __init__(self, code: str, message: str, permanent: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.permanent = permanent
