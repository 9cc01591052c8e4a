"""The OpenAPI document, fuzzed against the service: no answer outside it."""

from uuid import uuid4

import schemathesis

from tests.accounts.service import AccountsRun
from tests.accounts.test_contract import DOCUMENT
from tests.helpdesk.fuzzing import CHECKS, fuzzing

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
EXAMPLES = 20


@SCHEMA.parametrize()
@fuzzing(EXAMPLES)
def test_whatever_is_sent_the_answer_is_a_documented_one(
    case: schemathesis.Case, accounts: AccountsRun
) -> None:
    headers = {"Authorization": f"Bearer {accounts.staff_token}"}
    if case.operation.label == "POST /v1/recoveries":
        headers["Idempotency-Key"] = uuid4().hex
    case.call_and_validate(base_url=accounts.base_url, headers=headers, checks=CHECKS)


def test_no_question_to_the_document_is_left_out() -> None:
    labels = {operation.ok().label for operation in SCHEMA.get_all_operations()}
    assert {"POST /v1/recoveries/{key}/withdraw", "DELETE /v1/suppressions"} <= labels
    assert len(labels) == sum(len(item) for item in DOCUMENT["paths"].values())
