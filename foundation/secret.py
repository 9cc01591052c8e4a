"""A secret of the installation, and those before it that are still honoured.

What is made is made with the newest; what was made with a former one is good until the
operator drops that one. So a secret can be changed without anybody noticing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


def former_in(text: str) -> tuple[str, ...]:
    """Return the former values in a setting: commas or white space stand between them."""
    return tuple(text.replace(",", " ").split())


@dataclass(frozen=True)
class Secret:
    """One setting's values. It shows none of them when it is printed."""

    current: str = field(repr=False)
    former: tuple[str, ...] = field(default=(), repr=False)

    @property
    def all(self) -> tuple[str, ...]:
        """Every value that is honoured, the current one first."""
        return (self.current, *self.former)

    @property
    def oldest_first(self) -> list[str]:
        """The same in the order that itsdangerous wants: it signs with the last."""
        return list(reversed(self.all))

    def any_fits(self, fits: Callable[[str], bool]) -> bool:
        """Tell whether something fits one of the values."""
        return any(fits(value) for value in self.all)
