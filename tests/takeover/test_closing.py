"""The window's channel ends."""

from __future__ import annotations

import asyncio

from kepthour.channels import takeover


async def test_what_is_done_and_not_yet_put_away_holds_up_no_end() -> None:
    """From Python 3.12 on `gather` does not wait for the loop where all is done: what puts it away had no turn."""
    made = takeover.make("window", takeover.Options())
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    made._tasks.add(done)
    async with asyncio.timeout(10):
        await made.close()
