"""What both versions use: the same PostgreSQL, the same assistant."""

from tests.helpdesk.conftest import assistant, postgresql

__all__ = ["assistant", "postgresql"]
