"""The letter worker: batches what contacts have not seen, and hands the mails over.

A mail server that is away delays letters, and nothing else: they wait in the record.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from foundation.addresses import mask_address
from foundation.clock import Clock
from foundation.postman import Handover, Outcome, Postman
from helpdesk.desk.letter_writing import Content, LetterWriter
from helpdesk.desk.letters import Taken, enter_outcome, plan_answers, take_letters
from helpdesk.desk.lookout import Lookout
from helpdesk.metrics import Metrics
from helpdesk.store.outage import OutageError
from helpdesk.store.record import Record

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
AT_ONCE_MOST = 2  # connections to the mail server


class LetterWorker:
    """Sends the letters of this record.

    Args:
        record: The tables.
        writer: Knows what they say.
        postman: Hands them over.
        clock: The time.
        metrics: What is counted.
    """

    def __init__(
        self,
        record: Record,
        writer: LetterWriter,
        postman: Postman,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._record = record
        self._writer = writer
        self._postman = postman
        self._clock = clock
        self._metrics = metrics
        self._callers = ThreadPoolExecutor(AT_ONCE_MOST, "letter-sender")
        self._is_server_away = False
        complaint = "looking for letters failed"
        self._lookout = Lookout(self.look, LOOK_EVERY_S, log, complaint)

    async def start(self) -> None:
        """Begin, with what an earlier process left."""
        self._lookout.start()

    def wake(self) -> None:
        """Say that a letter waits, so that it need not wait for the next look."""
        self._lookout.wake()

    async def stop(self) -> None:
        """Stop; what is under way is finished, or taken again when its lease ends."""
        await self._lookout.stop()
        self._callers.shutdown(wait=False, cancel_futures=True)

    async def look(self) -> None:
        """Plan what has waited long enough, and send what is due."""
        now = self._clock.now()
        await self._record.write(lambda session: plan_answers(session, now))
        while True:
            taken = await self._record.write(
                lambda session: take_letters(session, self._clock.now(), AT_ONCE_MOST)
            )
            if not taken:
                return
            await asyncio.gather(*(self._send(each) for each in taken))

    async def _send(self, taken: Taken) -> None:
        """Try once; whatever goes wrong, the letter waits for its next attempt."""
        letter = taken.letter
        try:
            content = await self._record.read(
                lambda session: self._writer.read(session, taken)
            )
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(
                self._callers, self._hand_over, taken, content
            )
        except OutageError:
            return  # the lease runs out, and it is taken again
        except Exception:
            log.exception("letter %s could not be written", letter.id)
            outcome = Outcome(Handover.DEFERRED, "it could not be written")
        now = self._clock.now()
        state = await self._record.write(
            lambda session: enter_outcome(session, letter, outcome, now)
        )
        self._metrics.letters.labels(state.value).inc()
        self._report(taken, outcome)

    def _hand_over(self, taken: Taken, content: Content) -> Outcome:
        message = self._writer.write(taken, content, self._clock.now())
        return self._postman.deliver(message, taken.letter.email)

    def _report(self, taken: Taken, outcome: Outcome) -> None:
        """Tell the log, once for as long as the mail server is away."""
        letter, reason = taken.letter, outcome.reason or "-"
        was_away = self._is_server_away
        self._is_server_away = outcome.state is Handover.DEFERRED
        if self._is_server_away and was_away:
            return
        to = mask_address(letter.email)
        level = logging.INFO if outcome.state is Handover.ACCEPTED else logging.WARNING
        log.log(level, "mail %s to %s: %s, %s", letter.kind, to, outcome.state, reason)
