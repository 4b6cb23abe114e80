"""Notice -> the arguments of Notify. Pure: what a server can do comes in as its capabilities."""

from __future__ import annotations

import html
from collections.abc import Collection
from typing import Any

from dbus_fast import Variant

from kepthour.core.ladder import Urgency
from kepthour.ports import Notice

APP_NAME = "Kept Hour"
SIGNATURE = "susssasa{sv}i"
_SERVER_DECIDES, _NEVER = -1, 0
# The specification knows three. Servers keep "critical" on screen and above full-screen windows: that is meant for
# rungs that stay, and for nothing calmer.
_LEVEL = {Urgency.PASSIVE: 0, Urgency.NORMAL: 1, Urgency.HIGH: 2, Urgency.CRITICAL: 2}


def arguments(notice: Notice, capabilities: Collection[str], replaces: int) -> list[Any]:
    """Notify's arguments, in its order. `replaces` is an id of this server, or 0."""
    return [
        APP_NAME,
        replaces,
        "",  # icon: the server's own
        notice.title,
        _body(notice, capabilities),
        [word for action in notice.actions for word in (action.key.value, action.label)],
        {
            "urgency": Variant("y", _LEVEL[notice.urgency]),
            "desktop-entry": Variant("s", "kepthour"),
        },
        _NEVER if notice.stays else _SERVER_DECIDES,
    ]


def _body(notice: Notice, capabilities: Collection[str]) -> str:
    text = notice.text
    if notice.actions and "actions" not in capabilities:
        text += " (Answer in a terminal: kepthour here)"
    return html.escape(text, quote=False) if "body-markup" in capabilities else text
