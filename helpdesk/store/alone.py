"""Doing something alone: of all processes of a help desk, one at a time.

On SQLite a writing transaction is alone anyway.
"""

from enum import IntEnum

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

_LOCK = select(func.pg_advisory_xact_lock(bindparam("what")))


class Alone(IntEnum):
    """What must not happen twice at the same moment; PostgreSQL knows it by the number."""

    AUDIT = 7_204_120  # the end of the chain
    STARTERS = 7_204_121  # what comes with the product is put in
    PROOFS = 7_204_122  # how often an address was asked is counted, and it is asked


def do_alone(session: Session, what: Alone) -> None:
    """Keep other processes from the same thing until the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK, {"what": what.value})
