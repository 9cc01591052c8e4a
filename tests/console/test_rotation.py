"""A changed secret: nobody notices, until the operator drops the former one."""

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
import requests

from tests.console.agent_client import (
    PASSWORD,
    AgentClient,
    add_person,
)
from tests.console.door_steps import set_codes_up
from tests.helpdesk.chat_client import begin_visit
from tests.helpdesk.running import HelpdeskRun, prepare_helpdesk

ACCOUNT, CODE = "/console/account", "/console/sign-in/code"
OLD = "the-secret-of-the-first-evening-long-enough"
NEW = "the-secret-that-came-afterwards-long-enough"
FORMER = "LATCHKEY_HELPDESK_SECRET_FORMER"


@pytest.fixture
def before(tmp_path: Path) -> Iterator[HelpdeskRun]:
    """A help desk with the secret that it was installed with."""
    settings = {"LATCHKEY_LIMIT_FACTOR": "1000", "LATCHKEY_HELPDESK_SECRET": OLD}
    run = prepare_helpdesk(tmp_path, **settings)
    try:
        run.process.start()
        yield run
    finally:
        run.process.stop()


def restart(run: HelpdeskRun, **secrets: str) -> None:
    run.process.stop()
    run.process.variables.update(secrets)
    run.process.start()


def totp_seal(run: HelpdeskRun, email: str) -> str:
    # As if half a minute had passed: the present code counts as unused.
    run.sql("UPDATE agents SET totp_last_step = 0 WHERE email = :email", email=email)
    found = run.sql("SELECT totp_secret FROM agents WHERE email = :email", email=email)
    return str(found[0][0])


def sign_in_with_code(client: AgentClient, secret: str) -> bool:
    client.session.cookies.clear()
    assert client.sign_in(PASSWORD).status_code == 303
    answer = client.submit(CODE, page=CODE, code=pyotp.TOTP(secret).now())
    return answer.status_code == 303


def is_known(run: HelpdeskRun, token: str) -> bool:
    answer = requests.get(
        f"{run.base_url}/api/v1/conversation",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


def test_a_new_secret_ends_nothing_until_the_former_one_is_dropped(
    before: HelpdeskRun,
) -> None:
    run = before
    person = add_person(run.database_url)
    client = AgentClient(run.base_url, person)
    client.sign_in()
    secret, _ = set_codes_up(client)
    token = begin_visit(run.base_url)
    form = client.form_token(ACCOUNT)
    first_seal = totp_seal(run, person.email)

    restart(run, LATCHKEY_HELPDESK_SECRET=NEW, **{FORMER: OLD})
    assert is_known(run, token)
    assert client.get(ACCOUNT).status_code == 200, "still signed in"
    left = client.session.post(
        f"{run.base_url}/console/sign-out",
        data={"form_token": form},
        headers={"Origin": run.base_url},
        allow_redirects=False,
        timeout=10,
    )
    assert left.status_code == 303, "a form from before still counts"
    assert sign_in_with_code(client, secret)
    assert totp_seal(run, person.email) != first_seal, "sealed anew when it was used"

    restart(run, LATCHKEY_HELPDESK_SECRET=NEW, **{FORMER: ""})
    assert sign_in_with_code(client, secret), "what was sealed anew goes on working"
    assert not is_known(run, token), "a visit under the former secret has ended"


def test_a_seal_that_was_not_used_meanwhile_ends_with_its_secret(
    before: HelpdeskRun,
) -> None:
    run = before
    person = add_person(run.database_url)
    client = AgentClient(run.base_url, person)
    client.sign_in()
    secret, codes = set_codes_up(client)
    restart(run, LATCHKEY_HELPDESK_SECRET=NEW)
    assert not sign_in_with_code(client, secret)
    assert client.submit(CODE, page=CODE, code=codes[0]).status_code == 303
