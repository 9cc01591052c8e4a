"""The table of erasures that are not complete yet. Rows only: the rules are elsewhere."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.store.models import Base


class Erasure(Base):
    """A person is gone from the record, but not from every other part yet.

    The row goes when the last part has done its share. What the parts must be told, the
    address above all, is sealed.
    """

    __tablename__ = "erasures"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    target: Mapped[str] = mapped_column(String(300), index=True)  # a pseudonym
    requested_at: Mapped[datetime]
    sealed: Mapped[str]
    # {"assistant": null, "accounts": "unreachable"}: what is left, and why
    left: Mapped[dict[str, Any]]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
