"""Numbers in the query of a request."""

import re

from sanic import Request

from helpdesk.desk.errors import BadRangeError

HIGHEST_SEQ = 2**31 - 1
NUMBER = re.compile(r"[0-9]{1,10}")


def number_in(
    request: Request, name: str, most: int = HIGHEST_SEQ, default: str = ""
) -> int:
    """Return a number of the query.

    Args:
        request: Whose query.
        name: What the number is called.
        most: The highest one.
        default: What stands for a number that is left out; without it, that is refused.

    Raises:
        BadRangeError: It is none, or too large.
    """
    written = request.args.get(name, default)
    if not NUMBER.fullmatch(written) or int(written) > most:
        raise BadRangeError(f"`{name}` must be a number from 0 to {most}.")
    return int(written)
