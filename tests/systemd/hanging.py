"""`kepthour` with a pump that hangs while a file exists: hanging.py FILE ARGUMENT… Everything else goes on.

The pump counts as fresh for four seconds only, so that a test need not wait for a minute.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from kepthour.cli.main import main
from kepthour.runtime import health, pump

FILE = Path(sys.argv.pop(1))
_turn = pump.Pump.turn


async def _hanging_turn(self: pump.Pump, *, may_conclude: bool = True) -> timedelta:
    wait = await _turn(self, may_conclude=may_conclude)
    if FILE.exists():
        await asyncio.Event().wait()
    return min(wait, timedelta(seconds=0.5))


pump.Pump.turn = _hanging_turn  # type: ignore[method-assign]
health.TURN_SECONDS = 4.0
main()
