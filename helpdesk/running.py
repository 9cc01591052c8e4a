"""Starting and stopping what runs beside the requests, in the order in which it depends."""

import asyncio
import logging

from helpdesk.desk.canned_responses import seed_responses
from helpdesk.services import HelpdeskApp

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0


async def open_parts(app: HelpdeskApp) -> None:
    """Open the record and start every part; requests come afterwards."""
    await asyncio.to_thread(app.ctx.database.migrate)
    now = app.ctx.clock.now()
    await app.ctx.record.write(lambda session: seed_responses(session, now))
    app.ctx.metrics.loop_lag.start()
    app.ctx.assistant.start()
    app.ctx.hub.start()
    await app.ctx.worker.start()
    await app.ctx.letters.start()
    await app.ctx.watchman.start()
    await app.ctx.approval_desk.start()
    app.ctx.delivery_watch.start()
    app.ctx.erasures.start()
    app.ctx.retention.start()
    app.ctx.console_news.start()
    app.ctx.ghost_writer.start()
    log.info("the help desk listens on %s", app.ctx.settings.public_url)


async def hand_back(app: HelpdeskApp) -> None:
    """Stop what works by itself; what it has begun is finished, or left to others."""
    await app.ctx.ghost_writer.stop()
    await app.ctx.console_news.stop()
    await app.ctx.approval_desk.stop()
    await app.ctx.delivery_watch.stop()
    await app.ctx.retention.stop()
    await app.ctx.erasures.stop()
    await app.ctx.watchman.stop()
    await app.ctx.worker.stop(STOP_SECONDS)
    await app.ctx.letters.stop()
    await app.ctx.hub.stop()


async def close_parts(app: HelpdeskApp) -> None:
    """Close what requests needed."""
    await app.ctx.metrics.loop_lag.stop()
    app.ctx.uploads.close()
    app.ctx.understanding.close()
    app.ctx.assistant.close()
    app.ctx.account_backend.close()
    await asyncio.to_thread(app.ctx.record.close)
