"""Reading what a program sent: a JSON object of known texts, or a clear refusal."""

import json
import re

from sanic import Request

from foundation.addresses import AddressError, normalise_address
from foundation.refusals import ApiError

KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,200}")


def read_fields(request: Request, *names: str) -> list[str]:
    """Return the text fields of a JSON object that has exactly these.

    Raises:
        ApiError: The body is something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "unsupported_media_type", "Send application/json.")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "invalid_json", "The body is not valid JSON.") from error
    wanted = " and ".join(f"'{name}'" for name in names)
    if not isinstance(body, dict) or set(body) != set(names):
        raise _invalid(f"The body must be an object with exactly {wanted}.")
    if not all(isinstance(body[name], str) and body[name] for name in names):
        raise _invalid(f"The body needs text in {wanted}.")
    return [body[name] for name in names]


def read_address(text: str) -> str:
    """Return a normalised address.

    Raises:
        ApiError: It is none; that says nothing about whether an account exists.
    """
    try:
        return normalise_address(text)
    except AddressError as error:
        raise ApiError(422, "invalid_email", str(error)) from error


def read_idempotency_key(request: Request) -> str:
    """Return the key that makes a repeated request harmless.

    Raises:
        ApiError: There is none, or it is not plain visible ASCII.
    """
    key = request.headers.get("idempotency-key", "")
    if not KEY_PATTERN.fullmatch(key):
        message = "An Idempotency-Key of 1 to 200 visible ASCII characters is needed."
        raise ApiError(400, "idempotency_key_required", message)
    return key


def read_query(request: Request, name: str) -> str:
    """Return a parameter of the query that must be there once.

    Raises:
        ApiError: It is missing or repeated.
    """
    values = request.get_args(keep_blank_values=True).getlist(name) or []
    if len(values) != 1:
        raise _invalid(f"The query needs '{name}' once.")
    return str(values[0])


def _invalid(message: str) -> ApiError:
    return ApiError(422, "invalid_request", message)
