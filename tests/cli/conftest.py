"""A running help desk, for commands that talk to one."""

from tests.helpdesk.conftest import assistant, helpdesk

__all__ = ["assistant", "helpdesk"]
