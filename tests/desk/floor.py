"""The admins of a desk, what they want of each other, and what they say to it."""

from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_reading import list_approvals
from helpdesk.desk.approval_words import read_approval_words
from helpdesk.desk.approvals import Approvals, Asked, Decided, Wish
from helpdesk.desk.audit import verify_chain
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.risks import SecondPersonRule
from helpdesk.store.action_models import Approval
from helpdesk.store.models import AuditEntry
from helpdesk.store.rows import as_row, get, table_of
from helpdesk.store.words import Role
from tests.desk.desk_people import People
from tests.helpdesk.running import TEST_KEY

WORDS = read_approval_words()
ADDRESS = "ana@example.com"


class Floor:
    """Sam and Eve are admins; the others are those of the desk."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.sam = people.agent("Sam", Role.ADMIN)
        self.eve = people.agent("Eve", Role.ADMIN)
        self.approvals = Approvals(Pseudonyms(TEST_KEY), WORDS, SecondPersonRule())

    def wish(self, command: str = "resend", email: str | None = ADDRESS) -> Wish:
        return Wish(
            uuid4(),
            self.people.desk.conversation,
            command,
            {"address": email},
            f"/{command} {email}",
            (self.approvals.reason("mail"),),
            email,
        )

    def ask(self, agent: SignedInAgent, wish: Wish | None = None) -> Asked:
        asked = wish or self.wish()
        now = self.people.now
        return self.people.run(lambda s: self.approvals.ask(s, agent, asked, now))

    def decide(
        self, agent: SignedInAgent, asked: Asked, *, approve: bool = True
    ) -> Decided:
        it, now = self.row(asked).id, self.people.now
        return self.people.run(
            lambda s: self.approvals.decide(s, agent, it, approve=approve, now=now)
        )

    def row(self, asked: Asked) -> Approval:
        assert asked.approval
        it = asked.approval.id
        return self.people.run(lambda s: get(s, Approval, id=it))

    def listed(self, agent: SignedInAgent) -> list[UUID]:
        now = self.people.now
        rows = self.people.run(lambda s: list_approvals(s, agent, now))
        return [row.id for row in rows]

    def audited(self) -> list[tuple[str, str]]:
        def read(session: Session) -> list[tuple[str, str]]:
            assert verify_chain(session).broken_at is None
            entries = table_of(AuditEntry).select().order_by("number")
            rows = [
                as_row(AuditEntry, row) for row in session.execute(entries).mappings()
            ]
            assert ADDRESS not in str([vars(row) for row in rows])
            return [(row.actor, row.action) for row in rows]

        return self.people.run(read)
