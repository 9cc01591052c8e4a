"""Making sense of an HTTP answer: a result, or the one error with a telling code."""

import json
import time
from collections.abc import Callable
from typing import TypeVar

import requests

from accounts.client.errors import AccountsError
from accounts.client.fields import NO_CONTENT, Fields

Result = TypeVar("Result")

LARGEST_ANSWER_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


def read_answer(
    response: requests.Response, parse: Callable[[object], Result], deadline: float
) -> Result:
    """Return the parsed body of a good answer.

    Raises:
        AccountsError: It is a refusal, a failure, or not what the contract says.
    """
    status = response.status_code
    if 300 <= status < 400:
        message = f"The account backend answered with a redirect ({status})."
        raise AccountsError("redirected", message, permanent=True)
    if status >= 500:
        message = f"The account backend failed ({status})."
        raise AccountsError("server_error", message, permanent=False)
    body = NO_CONTENT if status == 204 else _read_json(response, deadline)
    try:
        if status >= 400:
            fields = Fields(body)
            refusal = AccountsError(fields.text("code"), fields.text("message"), True)
        else:
            return parse(body)
    except ValueError as error:
        raise _bad_answer(str(error)) from error
    raise refusal


def _read_json(response: requests.Response, deadline: float) -> object:
    content = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        content += chunk
        if len(content) > LARGEST_ANSWER_BYTES:
            raise _bad_answer("it is too large")
        if time.monotonic() > deadline:
            message = "The account backend did not answer in time."
            raise AccountsError("timeout", message, permanent=False)
    try:
        return json.loads(bytes(content))
    except (ValueError, RecursionError) as error:
        raise _bad_answer(f"status {response.status_code}, not JSON") from error


def _bad_answer(why: str) -> AccountsError:
    message = f"The account backend's answer is not understood: {why}."
    return AccountsError("bad_answer", message, permanent=False)
