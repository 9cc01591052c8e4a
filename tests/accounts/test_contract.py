"""The OpenAPI document against the running service: nothing missing, nothing more."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
from jsonschema import FormatChecker
from openapi_schema_validator import OAS31Validator

from accounts.api import api
from accounts.links import LIFETIMES
from accounts.words import Purpose
from foundation.yaml_text import read_yaml
from tests.accounts import people
from tests.accounts.service import ROOT, AccountsRun

DOCUMENT = read_yaml((ROOT / "docs/accounts-openapi.yml").read_text("utf-8"))
JSON = {"Content-Type": "application/json"}
GOOD = b'{"email": "somebody@example.com", "kind": "auto"}'
LIFTING = GOOD.replace(b"}", b', "lift_suppression": true}')
SAM = {"email": "sam@example.com"}
OTHERS = {"token": "wrong"}
SERVICE = {"token": "service"}


def for_staff(method: str, path: str, **good: Any) -> list[Any]:
    """Return the cases of an operation that staff may ask for and others may not."""
    status = good.pop("status", "200")
    return [
        (method, path, status, good),
        (method, path, "401", good | OTHERS),
        (method, path, "403", good | SERVICE),
    ]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = DOCUMENT
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def check(method: str, path: str, answer: requests.Response) -> None:
    """Compare an answer with what the document says about its status."""
    responses = DOCUMENT["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, answer.text
    content = resolved(responses[str(answer.status_code)]).get("content")
    if content is None:
        assert answer.content == b""
        return
    assert answer.headers["Content-Type"].startswith("application/json")
    schema = {**content["application/json"]["schema"]}
    schema["components"] = DOCUMENT["components"]
    OAS31Validator(schema, format_checker=FormatChecker()).validate(answer.json())


# Each documented status but 503, and a request that brings it about.
CASES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("post", "/v1/recoveries", "202", {"data": GOOD}),
    ("post", "/v1/recoveries", "400", {"data": b"{"}),
    ("post", "/v1/recoveries", "401", {"token": "wrong"}),
    ("post", "/v1/recoveries", "403", {"data": LIFTING, "token": "service"}),
    ("post", "/v1/recoveries", "409", {"data": GOOD, "key": "the same"}),
    ("post", "/v1/recoveries", "413", {"data": b" " * 70000}),
    ("post", "/v1/recoveries", "415", {"kind": "text/plain"}),
    ("post", "/v1/recoveries", "422", {"data": b"{}"}),
    ("post", "/v1/links/inspect", "200", {"data": b'{"link": "x"}'}),
    ("post", "/v1/links/inspect", "400", {"data": b""}),
    ("post", "/v1/links/inspect", "401", {"token": "wrong"}),
    ("post", "/v1/links/inspect", "413", {"data": b" " * 70000}),
    ("post", "/v1/links/inspect", "415", {"kind": "text/plain"}),
    ("post", "/v1/links/inspect", "422", {"data": b"[]"}),
    *for_staff("get", "/v1/recoveries/{key}", about="stranger"),
    ("get", "/v1/recoveries/{key}", "404", {}),
    ("get", "/v1/recoveries/{key}", "422", {"key": "a b"}),
    *for_staff("post", "/v1/recoveries/{key}/withdraw", about="invited"),
    ("post", "/v1/recoveries/{key}/withdraw", "404", {}),
    ("post", "/v1/recoveries/{key}/withdraw", "409", {"about": "stranger"}),
    ("post", "/v1/recoveries/{key}/withdraw", "422", {"key": "x" * 201}),
    *for_staff("get", "/v1/accounts", params={"query": "o"}),
    ("get", "/v1/accounts", "422", {"params": {"query": " "}}),
    *for_staff("get", "/v1/accounts/{email}", **SAM),
    ("get", "/v1/accounts/{email}", "404", {"email": "nobody@example.com"}),
    ("get", "/v1/accounts/{email}", "422", {"email": "nonsense"}),
    *for_staff("get", "/v1/accounts/{email}/traces", **SAM),
    ("get", "/v1/accounts/{email}/traces", "422", {"email": "nonsense"}),
    *for_staff("delete", "/v1/accounts/{email}/traces", email="gone@example.com"),
    ("delete", "/v1/accounts/{email}/traces", "422", {"email": "nonsense"}),
    *for_staff("get", "/v1/invitations", params={"state": "pending"}),
    ("get", "/v1/invitations", "422", {"params": {"state": "odd"}}),
    *for_staff("get", "/v1/sites"),
    *for_staff("get", "/v1/suppressions", params=SAM),
    ("get", "/v1/suppressions", "422", {}),
    *for_staff("delete", "/v1/suppressions", params=SAM, status="204"),
    ("delete", "/v1/suppressions", "422", {"params": {"email": "nonsense"}}),
    *for_staff("get", "/v1/deliveries", params=SAM),
    ("get", "/v1/deliveries", "422", {}),
    ("get", "/healthz", "200", {}),
]


def ask(
    accounts: AccountsRun, method: str, path: str, case: dict[str, Any]
) -> requests.Response:
    tokens = {None: accounts.staff_token, "service": accounts.token}
    given = case.get("token")
    headers = {
        "Authorization": f"Bearer {tokens.get(given, given)}",
        "Idempotency-Key": case.get("key", uuid4().hex).replace(" ", "-"),
        "Content-Type": case.get("kind", "application/json"),
    }
    key = case.get("key", "never-asked-for")
    if "about" in case:
        key = recovery_of(accounts, case["about"])
    return requests.request(
        method,
        accounts.base_url + path.format(email=case.get("email", ""), key=key),
        data=case.get("data"),
        params=case.get("params"),
        headers=headers,
        timeout=10,
    )


def recovery_of(accounts: AccountsRun, who: str) -> str:
    """Have a mail sent to somebody and return the recovery's key."""
    email, key = getattr(people, who)(accounts), uuid4().hex
    accounts.request(email, "invite", key=key)
    accounts.next_mail(email)
    return key


@pytest.mark.parametrize(("method", "path", "status", "case"), CASES)
def test_each_documented_status_is_answered_as_documented(
    accounts: AccountsRun, method: str, path: str, status: str, case: dict[str, Any]
) -> None:
    if status == "409" and "data" in case:
        first = {**case, "data": GOOD.replace(b"somebody", b"another")}
        ask(accounts, method, path, first)
    answer = ask(accounts, method, path, case)
    assert str(answer.status_code) == status, answer.text
    check(method, path, answer)


def test_every_documented_status_has_a_case() -> None:
    documented = {
        (method, path, status)
        for method, path, operation in operations()
        for status in operation["responses"]
    }
    tried = {(method, path, status) for method, path, status, _ in CASES}
    # A database that is gone while the service runs is not brought about here.
    assert documented - tried == {("get", "/healthz", "503")}
    assert not tried - documented


def test_full_answers_match_the_document(accounts: AccountsRun) -> None:
    email = people.active(accounts)
    _other, link = people.invite(accounts)
    quoted = f"/v1/accounts/{email}"
    headers = {"Authorization": f"Bearer {accounts.staff_token}"}
    for path, url in [
        ("/v1/accounts/{email}", quoted),
        ("/v1/accounts/{email}/traces", f"{quoted}/traces"),
        ("/v1/accounts", f"/v1/accounts?query={email}"),
        ("/v1/invitations", "/v1/invitations?state=accepted"),
        ("/v1/invitations", "/v1/invitations?state=pending&limit=1"),
        ("/v1/invitations", "/v1/invitations?state=expired"),
        ("/v1/deliveries", f"/v1/deliveries?email={email}"),
    ]:
        answer = requests.get(accounts.base_url + url, headers=headers, timeout=10)
        assert answer.status_code == 200
        check("get", path, answer)
    answer = requests.post(
        f"{accounts.base_url}/v1/links/inspect",
        json={"link": link},
        headers=headers,
        timeout=10,
    )
    assert answer.json()["state"] == "valid"
    check("post", "/v1/links/inspect", answer)


def test_the_service_has_no_undocumented_route() -> None:
    served = {
        (method.lower(), re.sub(r"<(\w+):str>", r"{\1}", f"/v1{route.uri}"))
        for blueprint in api.blueprints
        for route in blueprint._future_routes
        for method in route.methods
    }
    documented = {(method, path) for method, path, _ in operations()}
    assert served == documented - {("get", "/healthz")}


def test_the_documented_lifetimes_are_the_real_ones() -> None:
    words = DOCUMENT["info"]["description"]
    assert "72 hours for invitations" in words
    assert LIFETIMES[Purpose.INVITE].total_seconds() == 72 * 3600
    assert LIFETIMES[Purpose.CONFIRM].total_seconds() == 72 * 3600
    assert LIFETIMES[Purpose.PASSWORD_RESET].total_seconds() == 3600
