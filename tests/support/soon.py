"""Waiting for a condition without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


async def soon(holds: Callable[[], Any], what: str, within: float = 60.0) -> Any:
    """Wait until `holds` gives something true, and return that; fails with `what` after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while not (found := holds()):
                await asyncio.sleep(0.01)
            return found
    except TimeoutError:
        raise AssertionError(f"not within {within:g} s: {what}") from None
