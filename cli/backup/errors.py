"""What keeps a backup from being taken or restored, in a sentence."""


class BackupError(Exception):
    """Nothing was changed; the sentence says why."""


class DamagedError(BackupError):
    """The file is not what was written."""

    def __init__(self, what: str = "it is damaged, or not complete") -> None:
        super().__init__(f"This backup cannot be used: {what}.")
