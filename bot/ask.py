"""Answers turns from stdin without a server: `python -m bot.ask MODEL ACTIONS_URL`.

Each line of stdin is a turn as the channel takes it, each line of stdout its result.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Text

from bot.runtime import prepare


async def answer_lines(model: Text, actions_url: Text) -> None:
    """Answer every line of stdin in its order."""
    from rasa.core.agent import Agent

    from bot import lighter_rasa
    from bot.action_endpoint import ActionEndpoint
    from bot.channel import read_turn
    from bot.tracker_store import IN_MEMORY, RowTrackerStore
    from bot.turn import TurnTaker

    lighter_rasa.install()
    endpoint = ActionEndpoint(actions_url)
    store = RowTrackerStore(db=IN_MEMORY)
    agent = Agent.load(model, action_endpoint=endpoint, tracker_store=store)
    taker = TurnTaker(agent)
    for line in sys.stdin:
        result = await taker.take(read_turn(line.encode()))
        print(json.dumps(result), flush=True)
    await endpoint.close()


if __name__ == "__main__":
    prepare()
    asyncio.run(answer_lines(*sys.argv[1:3]))
