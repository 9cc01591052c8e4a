"""What tests of logs, traces and measures share with those of the help desk."""

from tests.helpdesk.conftest import assistant, database, postgresql

__all__ = ["assistant", "database", "postgresql"]
