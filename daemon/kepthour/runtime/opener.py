"""Opens a join link, or begins a mail, on the therapist's desktop: through its portal, or else with xdg-open."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import quote

from kepthour.core.privacy import Phi
from kepthour.core.reading.join import KNOWN_HOSTS, is_allowed
from kepthour.logger import log
from kepthour.runtime.portal import Opened, open_by_portal

_PROGRAM = "xdg-open"
_SECONDS = 10.0


async def open_link(link: Phi, hosts: tuple[str, ...], activation: str = "") -> bool:
    """Hand `link` to the desktop if its host is allowed; whether that worked. Never raises.

    `activation` is what the notification daemon gave along with the click, so that the browser may come to the front.
    """
    if not is_allowed(link.reveal(), (*KNOWN_HOSTS, *hosts)):
        log.warning("link.refused")
        return False
    return await _open(link, activation)


async def open_mail(subject: str, body: Phi) -> bool:
    """Begin a mail with this subject and body, to nobody yet, in the mail program; whether it worked. Never raises."""
    lines = body.reveal().replace("\n", "\r\n")  # RFC 6068
    return await _open(Phi(f"mailto:?subject={quote(subject, safe='')}&body={quote(lines, safe='')}"), "")


async def _open(link: Phi, activation: str) -> bool:
    opened = await open_by_portal(link, activation)
    if opened is Opened.NO:
        return await _xdg_open(link, activation)
    log.info("link.opened" if opened is Opened.YES else "link.declined", way="portal")
    return opened is Opened.YES


async def _xdg_open(link: Phi, activation: str) -> bool:
    # The first is for Wayland, the second for X11.
    tokens = dict.fromkeys(("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"), activation) if activation else {}
    try:
        process = await asyncio.create_subprocess_exec(
            _PROGRAM,
            link.reveal(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | tokens,
        )
        async with asyncio.timeout(_SECONDS):
            opened = await process.wait() == 0
    except (OSError, TimeoutError) as error:
        log.warning("link.not_opened", problem=type(error).__name__)
        return False
    log.info("link.opened" if opened else "link.not_opened", way=_PROGRAM)
    return opened
