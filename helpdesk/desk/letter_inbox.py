"""The letter inbox: looks for answers by mail, and puts them where they belong.

A mail is marked only after its message is committed; one that is looked at twice changes
nothing the second time. A mailbox that is away delays answers, and nothing else.
"""

import asyncio
import contextlib
import imaplib
import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from imap_tools import ImapToolsError, MailMessage

from helpdesk.desk.attachments import MOST_FILES
from helpdesk.desk.chat import Desk
from helpdesk.desk.errors import DeskError
from helpdesk.desk.file_types import check_file
from helpdesk.desk.letter_reading import (
    LONGEST_ANSWER,
    Enclosed,
    answer_of,
    files_of,
    id_of,
    is_automatic,
    places_of,
    sender_of,
)
from helpdesk.desk.letter_tokens import LetterTokens, Purpose
from helpdesk.desk.lookout import Lookout
from helpdesk.desk.pasted_links import find_pasted
from helpdesk.desk.received_letters import (
    Heard,
    NamedFile,
    Received,
    is_from_contact,
    take_answer,
)
from helpdesk.inbox import Inbox, Verdict
from helpdesk.store.outage import OutageError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 20.0
AWAY = (OSError, imaplib.IMAP4.error, ImapToolsError)


class LetterInbox:
    """Reads the answers of this help desk.

    Args:
        desk: The conversations, and who is told of new messages.
        inbox: Where answers arrive.
        tokens: How they are known.
    """

    def __init__(self, desk: Desk, inbox: Inbox, tokens: LetterTokens) -> None:
        self._desk = desk
        self._inbox = inbox
        self._tokens = tokens
        self._visitor = ThreadPoolExecutor(1, "letter-inbox")
        self._is_away = False
        complaint = "looking for answers by mail failed"
        self._lookout = Lookout(self._visit, LOOK_EVERY_S, log, complaint)

    async def start(self) -> None:
        """Begin to look."""
        self._lookout.start()

    async def stop(self) -> None:
        """Stop; a mail that is being read is read again after the next start."""
        await self._lookout.stop()
        self._visitor.shutdown(wait=False, cancel_futures=True)

    async def look(self) -> int:
        """Take what has arrived, and return how many mails were looked at."""
        loop = asyncio.get_running_loop()

        def handle(mail: MailMessage) -> Verdict:
            return asyncio.run_coroutine_threadsafe(self.take(mail), loop).result()

        return await loop.run_in_executor(self._visitor, self._inbox.visit, handle)

    async def take(self, mail: MailMessage) -> Verdict:
        """Decide what becomes of one mail.

        Raises:
            OutageError: The record cannot be used; look again later.
        """
        try:
            verdict, why = await self._judge(mail)
        except OutageError:
            raise
        except Exception:
            # Rubbish can make any parser stumble, and must not hold up the next mail.
            log.exception("a mail could not be read")
            verdict, why = Verdict.LEFT, "unreadable"
        self._desk.metrics.received_letters.labels(why).inc()
        log.info("a mail was looked at: %s", why)
        return verdict

    async def _visit(self) -> None:
        """Look once; that the mailbox is away is said once."""
        try:
            await self.look()
            self._note_back()
        except AWAY as error:
            self._note_away(error)

    async def _judge(self, mail: MailMessage) -> tuple[Verdict, str]:
        if is_automatic(mail):
            return Verdict.READ, "automatic"
        conversation_id = self._tokens.find(Purpose.ANSWER, places_of(mail))
        sender, mail_id = sender_of(mail), id_of(mail)
        if conversation_id is None or mail_id is None:
            return Verdict.LEFT, "unknown"
        if sender is None or not await self._is_theirs(conversation_id, sender):
            return Verdict.LEFT, "stranger"
        text = await asyncio.to_thread(answer_of, mail)
        if len(text) > LONGEST_ANSWER:
            return Verdict.LEFT, "too_long"
        enclosed = files_of(mail)
        files = await asyncio.to_thread(_check, enclosed)
        if not text and not files:
            return Verdict.LEFT, "empty"
        # A link is looked at whole, before the text is cut into messages.
        link = await self._desk.autopsy.examine(text, str(conversation_id), sender)
        kept = await asyncio.to_thread(lambda: find_pasted(text).text)
        received = Received(conversation_id, mail_id, kept, files, link)
        await self._accept(received)
        is_complete = len(files) == len(enclosed)
        return (Verdict.READ if is_complete else Verdict.PARTLY), "taken"

    async def _is_theirs(self, conversation_id: UUID, sender: str) -> bool:
        return await self._desk.record.read(
            lambda session: is_from_contact(session, conversation_id, sender)
        )

    async def _accept(self, received: Received) -> None:
        now = self._desk.clock.now()
        heard = await self._desk.record.write(
            lambda session: take_answer(session, self._desk.office, received, now)
        )
        self._announce(heard)

    def _announce(self, heard: Heard) -> None:
        for accepted in heard.accepted:
            self._desk.metrics.messages.inc()
            if accepted.change is not None:
                accepted.change.publish(self._desk.publisher)
        if heard.handoff is not None:
            heard.handoff.publish(self._desk.publisher)
        if not heard.is_with_assistant:  # then its turns were dropped
            return
        for accepted in heard.accepted:
            if accepted.turn is not None:
                self._desk.worker.submit(accepted.turn)

    def _note_away(self, error: Exception) -> None:
        if not self._is_away:
            log.warning("the inbox cannot be read: %s", type(error).__name__)
        self._is_away = True

    def _note_back(self) -> None:
        if self._is_away:
            log.info("the inbox can be read again")
        self._is_away = False


def _check(enclosed: list[Enclosed]) -> list[NamedFile]:
    """Return those files that may be kept."""
    files = []
    for each in enclosed[:MOST_FILES]:
        with contextlib.suppress(DeskError):
            files.append(NamedFile(each.name, check_file(each.content)))
    return files
