"""The people of the run: many conversations at once, at a steady pace."""

import asyncio
import random
from dataclasses import dataclass, field

from cli.chaos.clients import Contact, RefusedError
from cli.chaos.script import Script, write_scripts
from cli.chaos.story import Story
from cli.chaos.talk import Known, Pacer, Talk


@dataclass
class Load:
    """All conversations of a run.

    Attributes:
        site: The help desk's address.
        seed: Where chance begins.
        known: What they have in common.
        stories: What became of them.
        drops: How often a line was lost.
    """

    site: str
    seed: int
    known: Known
    stories: list[Story] = field(default_factory=list)
    drops: int = 0
    _begun: int = 0

    def __post_init__(self) -> None:
        self._scripts = write_scripts(self.seed)
        self._chance = random.Random(self.seed)  # noqa: S311 - to be repeated

    @property
    def sent(self) -> int:
        """How many messages were sent so far."""
        return sum(len(story.asked) for story in self.stories)

    async def learn(self) -> None:
        """Hear every answer once, in calm."""
        await asyncio.gather(*(self._converse(each, None) for each in self._scripts))

    async def run(self, pacer: Pacer, at_once: int) -> None:
        """Talk until told to end."""

        async def talk() -> None:
            while not self.known.is_over:
                script = self._scripts[self._begun % len(self._scripts)]
                await self._converse(script, pacer)

        await asyncio.gather(*(talk() for _ in range(at_once)))

    def is_anybody_waiting(self, since: float) -> bool:
        """Tell whether somebody who asked before a moment has no answer yet."""
        return any(
            asked.answered_at is None and asked.asked_at < since
            for story in self.stories
            if not story.end_at
            for asked in story.asked[-2:]  # nobody asks more than two at once
        )

    def end(self) -> None:
        """Have nobody begin anything new."""
        self.known.is_over = True

    async def _converse(self, script: Script, pacer: Pacer | None) -> None:
        self._begun += 1
        email = f"chaos-{self.seed}-{self._begun}@example.com"
        contact = Contact(self.site, self._chance, Story(email))
        self.stories.append(contact.story)
        await contact.open()
        talk = Talk(contact, self.known, script, pacer)
        try:
            await talk.hold()
        except (RefusedError, TimeoutError):
            pass  # what was not answered is counted
        finally:
            await talk.end()
            self.drops += contact.drops
