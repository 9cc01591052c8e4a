"""How many processes of each part: `--scale helpdesk=2,rasa=2,actions=2`."""

from dataclasses import asdict, dataclass

MOST = 12  # of one part on one machine; more is a slip of the finger


class ScaleError(ValueError):
    """What was asked for cannot be; the sentence says why."""


@dataclass(frozen=True)
class Scale:
    """The number of processes of each part that can have several."""

    helpdesk: int = 1
    rasa: int = 1
    actions: int = 1

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """Read `part=number`, separated by commas; what is left out is one.

        Raises:
            ScaleError: A part is unknown or cannot have several, or it is no number.
        """
        chosen: dict[str, int] = {}
        for word in filter(None, (word.strip() for word in text.split(","))):
            part, equals, number = (each.strip() for each in word.partition("="))
            if part in ("accounts", "outbox"):
                raise ScaleError(
                    f"{part} cannot be scaled: what it keeps is for one process."
                )
            if part not in asdict(cls()):
                known = ", ".join(asdict(cls()))
                raise ScaleError(f"“{part}” is no part; there are {known}.")
            if part in chosen:
                raise ScaleError(f"{part} is there twice.")
            if not equals or not number.isascii() or not number.isdigit():
                raise ScaleError(
                    f"“{word}” is no number of processes: write {part}=2, for example."
                )
            chosen[part] = int(number)
            if not 1 <= chosen[part] <= MOST:
                raise ScaleError(f"{part} must be from 1 to {MOST}, not {number}.")
        return cls(**chosen)

    @property
    def is_one_each(self) -> bool:
        """Whether it is what `up` does without being told."""
        return self == Scale()

    @property
    def needs_servers(self) -> bool:
        """Whether what the parts keep has to be shared: PostgreSQL and Redis."""
        return self.helpdesk > 1 or self.rasa > 1


def name_of(part: str, number: int) -> str:
    """Return what a process is called: `rasa`, and the next one `rasa-2`."""
    return part if number == 1 else f"{part}-{number}"
