"""The guardian of the pump."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kepthour.runtime.guardian import Guardian


async def test_a_pump_that_falls_silent_is_revived_again_and_again() -> None:
    revived: asyncio.Queue[str] = asyncio.Queue()
    guardian = Guardian(lambda: revived.put_nowait("again"), timedelta(milliseconds=20))
    watching = asyncio.create_task(guardian.watch())
    async with asyncio.timeout(10):
        await revived.get()
        await revived.get()
    watching.cancel()


async def test_a_pump_that_turns_is_left_alone() -> None:
    revived: list[str] = []
    guardian = Guardian(lambda: revived.append("again"), timedelta(seconds=30))
    watching = asyncio.create_task(guardian.watch())
    for _turn in range(100):
        guardian.seen()
        await asyncio.sleep(0)
    assert not watching.done()
    watching.cancel()
    assert revived == []
