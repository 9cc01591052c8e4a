"""Ids in addresses."""

from uuid import UUID

from helpdesk.desk.errors import NotFoundError


def read_id(written: str) -> UUID:
    """Return the id that an address names.

    Raises:
        NotFoundError: It is none, so there is nothing by it.
    """
    try:
        return UUID(written)
    except ValueError as error:
        raise NotFoundError("There is nothing by that id.") from error
