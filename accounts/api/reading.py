"""Reading what a program sent: a JSON object of known texts, or a clear refusal."""

import json
import re
from collections.abc import Mapping

from sanic import Request

from foundation.addresses import AddressError, normalise_address
from foundation.refusals import ApiError

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
WHOLE_NUMBER = re.compile(r"[0-9]{1,4}")
KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,200}")


def read_object(request: Request) -> dict[str, object]:
    """Return the JSON object that was sent.

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
    if not isinstance(body, dict):
        raise invalid("The body must be an object.")
    return body


def read_fields(request: Request, *names: str) -> list[str]:
    """Return the text fields of a JSON object that has exactly these.

    Raises:
        ApiError: The body is something else.
    """
    body = read_object(request)
    if set(body) != set(names):
        wanted = " and ".join(f"'{name}'" for name in names)
        raise invalid(f"The body must be an object with exactly {wanted}.")
    return [read_text(body, name) for name in names]


def read_text(body: Mapping[str, object], name: str) -> str:
    """Return a field that must be text, and not empty.

    Raises:
        ApiError: It is not.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"The body needs text in '{name}'.")
    return value


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


def read_key(text: str) -> str:
    """Return an idempotency key that stands in a path.

    Raises:
        ApiError: It is none.
    """
    if not KEY_PATTERN.fullmatch(text):
        raise invalid("A key is 1 to 200 visible ASCII characters.")
    return text


def read_query(request: Request, name: str) -> str:
    """Return a parameter of the query that must be there once.

    Raises:
        ApiError: It is missing or repeated, or no text that anybody types.
    """
    value = read_query_or_none(request, name)
    if value is None:
        raise invalid(f"The query needs '{name}' once.")
    return value


def read_query_or_none(request: Request, name: str) -> str | None:
    """Return a parameter of the query that may be there once.

    Raises:
        ApiError: It is repeated, or no text that anybody types.
    """
    values = request.get_args(keep_blank_values=True).getlist(name) or []
    if not values:
        return None
    if len(values) > 1 or CONTROL_CHARACTERS.search(str(values[0])):
        raise invalid(f"The query needs '{name}' once, as plain text.")
    return str(values[0])


def read_limit(request: Request, *, default: int, most: int) -> int:
    """Return how many rows are wanted.

    Raises:
        ApiError: It is no number between one and the most there can be.
    """
    text = read_query_or_none(request, "limit")
    if text is None:
        return default
    if not WHOLE_NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise invalid(f"'limit' must be a number from 1 to {most}.")
    return int(text)


def invalid(message: str) -> ApiError:
    """Return the refusal of a request that says something impossible."""
    return ApiError(422, "invalid_request", message)
