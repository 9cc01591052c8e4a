"""Visits and the identities that an embedding site vouches for."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from helpdesk.desk.identity import IdentityVerifier
from tests.helpdesk.chat_client import ChatClient, begin_visit
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant

SITE = "https://shop.example"
KEYS = {
    "2025": "an old key of the site, and long enough",
    "2026": "the new key of the site, and long enough",
}


def write_keys(path: Path, *names: str) -> None:
    """Write a JWK set with some of the site's keys."""
    from base64 import urlsafe_b64encode

    def encoded(name: str) -> str:
        return urlsafe_b64encode(KEYS[name].encode()).decode().rstrip("=")

    keys = [{"kty": "oct", "kid": n, "alg": "HS256", "k": encoded(n)} for n in names]
    path.write_text(json.dumps({"keys": keys}), "utf-8")


def identity(kid: str = "2026", key: str | None = None, **changed: Any) -> str:
    """Return what the site says about its signed-in user."""
    now = int(time.time())
    claims = {
        "iss": SITE,
        "aud": "latchkey",
        "sub": "customer-7",
        "iat": now,
        "exp": now + 300,
        "name": "Ana",
        "email": "ana@example.com",
        **changed,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key or KEYS[kid], "HS256", headers={"kid": kid})


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "keys.json"
    write_keys(path, "2025", "2026")
    return path


@pytest.fixture(scope="module")
def embedded(
    tmp_path_factory: pytest.TempPathFactory, assistant: ScriptedAssistant, keys: Path
) -> Iterator[HelpdeskRun]:
    """A help desk whose chat is embedded in another site."""
    with run_helpdesk(
        tmp_path_factory.mktemp("embedded"),
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_EMBED_ORIGINS=SITE,
        LATCHKEY_IDENTITY_KEYS_FILE=str(keys),
    ) as running:
        yield running


def post_visit(run: HelpdeskRun, body: Any = None, **headers: str) -> requests.Response:
    url = f"{run.base_url}/api/v1/visits"
    return requests.post(url, json=body, headers=headers, timeout=10)


def test_a_visit_has_a_signed_token_and_says_whose_site_it_is(
    embedded: HelpdeskRun,
) -> None:
    answer = post_visit(embedded)
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"token", "expires_at", "site"}
    assert set(body["site"]) == {"product", "support_team", "support_email"}
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_good_visit_is_returned_again(embedded: HelpdeskRun) -> None:
    token = post_visit(embedded).json()["token"]
    again = post_visit(embedded, Authorization=f"Bearer {token}")
    assert (again.status_code, again.json()["token"]) == (200, token)
    forged = post_visit(embedded, Authorization=f"Bearer {token[:-3]}abc")
    assert forged.status_code == 201


def test_an_embedding_page_gets_a_token_and_no_cookie(embedded: HelpdeskRun) -> None:
    answer = post_visit(embedded, Origin=SITE)
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] == SITE


def test_a_preflight_is_answered_for_embedding_pages_only(
    embedded: HelpdeskRun,
) -> None:
    url = f"{embedded.base_url}/api/v1/visits"
    for origin, allowed in ((SITE, SITE), ("https://evil.example", None)):
        answer = requests.options(url, headers={"Origin": origin}, timeout=10)
        assert answer.status_code == 204
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed


def test_another_site_may_not_begin_a_visit(embedded: HelpdeskRun) -> None:
    assert post_visit(embedded, Origin="https://evil.example").status_code == 403


def test_the_same_signed_in_person_has_the_same_conversation(
    embedded: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    base_url = embedded.base_url
    with ChatClient(base_url, begin_visit(base_url, identity=identity())) as phone:
        phone.join()
        phone.ask("my invitation has expired")
    with ChatClient(base_url, begin_visit(base_url, identity=identity())) as laptop:
        laptop.join()
        assert laptop.last_seq == 2
    other = identity(sub="customer-8")
    with ChatClient(base_url, begin_visit(base_url, identity=other)) as somebody:
        somebody.join()
        assert somebody.last_seq == 0


@pytest.mark.parametrize(
    "token",
    [
        "rubbish",
        "",
        identity(aud="another"),
        identity(aud=None),
        identity(exp=None),
        identity(sub=None),
        identity(sub=""),
        identity(iss=None),
        identity(iss="latchkey:console"),  # our own agents are nobody's to vouch for
        identity(iat=1, exp=2),
        identity(exp=int(time.time()) + 86_400),
        identity(exp=str(int(time.time()) + 86_400)),
        identity(exp=[1]),
        identity(key="a key that is not the site's, but long"),
        identity(kid="2026", key=KEYS["2025"]),
        jwt.encode(
            {"sub": "x", "aud": "latchkey"}, None, "none", headers={"kid": "2026"}
        ),
    ],
)
def test_a_doubtful_identity_is_refused(embedded: HelpdeskRun, token: str) -> None:
    answer = post_visit(embedded, {"identity": token})
    expected = 201 if token == "" else 401  # nothing said is no claim
    assert answer.status_code == expected, answer.text


def test_a_name_that_a_site_vouches_for_holds_no_secret(keys: Path) -> None:
    token = identity(name="Ana, my password is Hunter2!x")
    named = IdentityVerifier(keys).verify(token).name
    assert named == "Ana, my password is [password removed]"


def test_a_withdrawn_key_no_longer_counts(embedded: HelpdeskRun, keys: Path) -> None:
    old = {"identity": identity("2025")}
    assert post_visit(embedded, old).status_code == 201
    write_keys(keys, "2026")
    assert post_visit(embedded, old).status_code == 401
    assert post_visit(embedded, {"identity": identity("2026")}).status_code == 201
    write_keys(keys)
    assert post_visit(embedded, {"identity": identity("2026")}).status_code == 401
    keys.write_text("in the middle of a change", "utf-8")
    assert post_visit(embedded, {"identity": identity("2026")}).status_code == 401
    write_keys(keys, "2025", "2026")


@pytest.mark.parametrize("body", [[], {"identity": 1}, {"more": "x"}, "x"])
def test_a_bad_body_is_refused(embedded: HelpdeskRun, body: Any) -> None:
    answer = post_visit(embedded, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_too_many_visits_from_one_address_are_refused(embedded: HelpdeskRun) -> None:
    answers = [post_visit(embedded) for _ in range(70)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == "too_fast"
    assert refused[0].json()["retry_in_ms"] > 0
    assert int(refused[0].headers["Retry-After"]) > 0
