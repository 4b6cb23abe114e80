"""Opens a join link on the therapist's desktop."""

from __future__ import annotations

import asyncio

import structlog

from kepthour.core.privacy import Phi
from kepthour.core.reading.join import KNOWN_HOSTS, is_allowed

log = structlog.get_logger()

_PROGRAM = "xdg-open"
_SECONDS = 10.0


async def open_link(link: Phi, hosts: tuple[str, ...]) -> bool:
    """Hand `link` to the desktop if its host is allowed; whether that worked. Never raises."""
    if not is_allowed(link.reveal(), (*KNOWN_HOSTS, *hosts)):
        log.warning("link.refused")
        return False
    try:
        process = await asyncio.create_subprocess_exec(
            _PROGRAM,
            link.reveal(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_SECONDS):
            return await process.wait() == 0
    except (OSError, TimeoutError) as error:
        log.warning("link.not_opened", problem=type(error).__name__)
        return False
