"""The forms of the account pages: their guard, and reading addresses and names."""

import re

from sanic import Request

from accounts.services import services_of
from foundation.addresses import AddressError, normalise_address
from foundation.forms import FormGuard, typed

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f<>]")
LONGEST_NAME = 100

guard = FormGuard(
    "latchkey_account_visitor", lambda request: services_of(request).settings.secret
)
own_form = guard.own_form


def read_email(request: Request) -> str | None:
    """Return the typed address, normalised, or None if it is none."""
    try:
        return normalise_address(typed(request, "email"))
    except AddressError:
        return None


def read_names(request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """Return first and last name, and the codes of what is wrong with them."""
    names = {
        name: " ".join(typed(request, name).split())
        for name in ("first_name", "last_name")
    }
    problems = {}
    for name, value in names.items():
        if not value:
            problems[name] = "name_missing"
        elif len(value) > LONGEST_NAME or CONTROL_CHARACTERS.search(value):
            problems[name] = "name_odd"
    return names, problems
