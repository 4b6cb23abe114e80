"""Notice -> the arguments of Notify. Pure: what a server makes of a notice comes in as its `Drawing`."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
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
# These say that they can do actions, but keep them in a menu of another program instead of drawing buttons.
_MENU_ONLY = {"dunst", "mako", "fnott"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a notification server does with a notice."""

    actions: bool  # takes them
    buttons: bool  # and shows them
    markup: bool  # reads the body as markup


def drawing(server: str, capabilities: Collection[str]) -> Drawing:
    """What the server called `server` by GetServerInformation, with these capabilities, does with a notice."""
    actions = "actions" in capabilities
    return Drawing(actions, actions and server.lower() not in _MENU_ONLY, "body-markup" in capabilities)


def arguments(notice: Notice, draws: Drawing, replaces: int) -> list[Any]:
    """Notify's arguments, in its order. `replaces` is an id of this server, or 0. Never raises.

    No `default` action: a click on the text answers nothing. Not resident: a pressed notice closes.
    """
    # A server that does not take actions need not ignore them: notify-osd opens a dialogue for them.
    offered = notice.actions if draws.actions else ()
    return [
        APP_NAME,
        replaces,
        "",  # icon: the server's own
        _sendable(notice.title),
        _body(notice, draws),
        [word for action in offered for word in (action.key.value, _sendable(action.label))],
        {
            "urgency": Variant("y", _LEVEL[notice.urgency]),
            "category": Variant("s", "x-kepthour.reminder"),
            "desktop-entry": Variant("s", "kepthour"),
        },
        _NEVER if notice.stays else _SERVER_DECIDES,
    ]


def _body(notice: Notice, draws: Drawing) -> str:
    text = _sendable(notice.text)
    if notice.hint and not draws.buttons:
        text += f" ({_sendable(notice.hint)})"
    return html.escape(text, quote=False) if draws.markup else text


def _sendable(text: str) -> str:
    """`text` without what D-Bus forbids: at a NUL the bus drops the connection, half a surrogate is no UTF-8."""
    return "".join(" " if char == "\0" or unicodedata.category(char) == "Cs" else char for char in text)
