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
# Shows one notice, and the next when that is gone; what it is told to close it forgets, but leaves on the screen.
_ONE_AT_A_TIME = {"notification daemon"}
# Gives a title one line, and cuts off what does not fit.
_CUTS_TITLES = {"xfce notify daemon"}
_LINE = 36  # characters that fit


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a notification server does with a notice."""

    actions: bool  # takes them
    buttons: bool  # and shows them
    markup: bool  # reads the body as markup
    one_at_a_time: bool = False  # and does not take it away when it is told to
    cuts_titles: bool = False


def drawing(server: str, capabilities: Collection[str]) -> Drawing:
    """What the server called `server` by GetServerInformation, with these capabilities, does with a notice."""
    name, actions = server.lower(), "actions" in capabilities
    buttons = actions and name not in _MENU_ONLY
    return Drawing(
        actions, buttons, "body-markup" in capabilities, name in _ONE_AT_A_TIME, name in _CUTS_TITLES
    )


def vanishing(replaces: int) -> list[Any]:
    """Notify's arguments for a notice that takes the place of another, and is gone at once."""
    hints = {
        "urgency": Variant("y", 0),
        "suppress-sound": Variant("b", True),
        "transient": Variant("b", True),
    }
    return [APP_NAME, replaces, "", APP_NAME, "", [], hints, 1]


def arguments(notice: Notice, draws: Drawing, replaces: int, *, silent: bool = False) -> list[Any]:
    """Notify's arguments, in its order. `replaces` is an id of this server, or 0. Never raises.

    `silent`: it only reads otherwise than what it replaces.
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
        }
        | ({"suppress-sound": Variant("b", True)} if silent else {}),
        _NEVER if notice.stays else _SERVER_DECIDES,
    ]


def _body(notice: Notice, draws: Drawing) -> str:
    text = _sendable(notice.text)
    if draws.cuts_titles and len(notice.title) > _LINE:
        text = f"{_sendable(notice.title)}\n{text}"
    if notice.hint and not draws.buttons:
        text += f" ({_sendable(notice.hint)})"
    return html.escape(text, quote=False) if draws.markup else text


def _sendable(text: str) -> str:
    """`text` without what D-Bus forbids: at a NUL the bus drops the connection, half a surrogate is no UTF-8."""
    return "".join(" " if char == "\0" or unicodedata.category(char) == "Cs" else char for char in text)
