"""The three notification daemons of Debian as tests run them: how each is started, pressed, and dismissed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import ClassVar, Protocol

from tests.support.screen import Box, Screen
from tests.support.session_bus import SessionBus
from tests.support.world import eventually

# What GTK's buttons are painted with, so that a press finds them; the label is hardly to be read then.
_MAGENTA = (255, 0, 255)
_STYLE = (
    "button { background: #ff00ff; border-color: #ff00ff; box-shadow: none; border-radius: 0; outline: none; }\n"
    "button:hover, button:active { background: #ff00ff; }\n"
)
_LIB = Path("/usr/lib") / (sysconfig.get_config_var("MULTIARCH") or "")
_SMALLEST = 12  # pixels; what is smaller is the inside of a letter


class Server(Protocol):
    """One notification daemon on one screen and bus."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]  # programs
    draws_buttons: ClassVar[bool]

    def __init__(self, folder: Path, screen: Screen, bus: SessionBus, *, plain: bool) -> None:
        """`plain`: as its users see it, so that no button can be found on the screen."""
        ...

    def command(self) -> list[str]:
        """What starts it."""
        ...

    def count(self) -> int:
        """How many notices are on the screen."""
        ...

    def places(self) -> list[Box]:
        """The windows that they are in."""
        ...

    def press(self, key: str, position: int) -> None:
        """Choose the action `key`, which is the one at `position` (from 0) of the only notice."""
        ...

    def dismiss(self) -> None:
        """Close what is there without an answer, as a person would."""
        ...

    def click_text(self) -> None:
        """Click on the text of the only notice."""
        ...


_DUNSTRC = """\
[global]
    monitor = 0
    follow = none
    notification_limit = 20
    idle_threshold = 0
    show_age_threshold = -1
    stack_duplicates = false
    history_length = 100
    dmenu = {picker}
    browser = /bin/true
    markup = full
    force_xwayland = false
[urgency_normal]
    timeout = 2s
"""
# dunst's context menu hands over lines such as "#I'm here (Kept Hour) [12,here]"; the picker takes the wanted one.
_PICKER = """\
#!/bin/sh
exec grep -F "$(cat {choice})" | head -n 1
"""


class Dunst:
    """Draws no buttons: the actions are in the menu of another program."""

    name = "dunst"
    needs = ("dunst", "dunstctl")
    draws_buttons = False

    def __init__(self, folder: Path, screen: Screen, bus: SessionBus, *, plain: bool) -> None:
        self._folder = folder
        self._screen = screen
        self._bus = bus

    def command(self) -> list[str]:
        picker, choice = self._folder / "picker", self._folder / "choice"
        picker.write_text(_PICKER.format(choice=choice), encoding="utf-8")
        picker.chmod(0o755)
        config = self._folder / "dunstrc"
        config.write_text(_DUNSTRC.format(picker=picker), encoding="utf-8")
        return [shutil.which("dunst") or "dunst", "-config", str(config)]

    def count(self) -> int:
        return int(self.ctl("count", "displayed"))

    def places(self) -> list[Box]:
        return self._screen.windows("Dunst")

    def held_back(self) -> int:
        """How many notices it has, and does not show."""
        return int(self.ctl("count", "waiting"))

    def press(self, key: str, position: int) -> None:
        (self._folder / "choice").write_text(f",{key}]", encoding="utf-8")
        self.ctl("context")

    def dismiss(self) -> None:
        self.ctl("close-all")

    def click_text(self) -> None:
        (window,) = eventually(self.places, "dunst's window")
        self._screen.click(window.middle)

    def be_quiet(self) -> None:
        """Switch "do not disturb" on, as its user would."""
        self.ctl("set-paused", "true")

    def drawn(self) -> list[str]:
        """The markup that it made of each notice that has left the screen, newest first."""
        (history,) = json.loads(self.ctl("history"))["data"]
        return [one["message"]["data"] for one in history]

    def ctl(self, *args: str) -> str:
        call = ["dunstctl", *args]
        done = subprocess.run(call, env=self._bus.env, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()


class _Gtk:
    """Draws a window a notice, with buttons."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    draws_buttons = True
    program: ClassVar[Path]
    window: ClassVar[str]  # its class

    def __init__(self, folder: Path, screen: Screen, bus: SessionBus, *, plain: bool) -> None:
        self._screen = screen
        self._bus = bus
        style = folder / "config" / "gtk-3.0" / "gtk.css"
        style.parent.mkdir(parents=True, exist_ok=True)
        style.write_text("" if plain else _STYLE, encoding="utf-8")
        bus.env |= {
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
        }

    def command(self) -> list[str]:
        return [str(self.program)]

    def count(self) -> int:
        return len(self.places())

    def places(self) -> list[Box]:
        return self._screen.windows(self.window)

    def buttons(self, at_least: int) -> list[Box]:
        """Those on the screen, by row and column, as soon as there are so many."""

        def seen() -> list[Box]:
            boxes = self._screen.picture().boxes(_MAGENTA)
            return [box for box in boxes if min(box.right - box.left, box.bottom - box.top) >= _SMALLEST]

        def found() -> list[Box]:
            boxes = seen()  # a window may still be on its way to its place
            return boxes if len(boxes) >= at_least and boxes == seen() else []

        return list(eventually(found, f"{at_least} buttons of {self.name}"))

    def click_text(self) -> None:
        (window,) = eventually(self.places, f"the window of {self.name}")
        self._screen.click((window.left + 90, window.top + 25))


class Xfce(_Gtk):
    """xfce4-notifyd: a click on the text closes the notice."""

    name = "xfce4-notifyd"
    program = _LIB / "xfce4/notifyd/xfce4-notifyd"
    needs = ("xfce4-notifyd-config", "xfconf-query", "xdotool")
    window = "Xfce4-notifyd"

    def command(self) -> list[str]:
        self._bus.start_on_demand("org.xfce.Xfconf", [str(_LIB / "xfce4/xfconf/xfconfd")])
        self._set("/expire-timeout", "int", "2")  # seconds
        return super().command()

    def press(self, key: str, position: int) -> None:
        self._screen.click(self.buttons(position + 1)[position].middle)

    def dismiss(self) -> None:
        for window in self.places():
            self._screen.click((window.left + 90, window.top + 25))

    def be_quiet(self) -> None:
        """Switch "do not disturb" on, as its user would."""
        self._set("/do-not-disturb", "bool", "true")

    def _set(self, key: str, kind: str, value: str) -> None:
        call = ["xfconf-query", "-c", "xfce4-notifyd", "-p", key, "-n", "-t", kind, "-s", value]
        subprocess.run(call, env=self._bus.env, timeout=60, check=True)


class Gnome(_Gtk):
    """notification-daemon, of GNOME Flashback: there is an x in the corner."""

    name = "notification-daemon"
    program = Path("/usr/lib/notification-daemon/notification-daemon")
    needs = (str(program), "xdotool")
    window = "Notification-daemon"

    def press(self, key: str, position: int) -> None:
        self._screen.click(self.buttons(position + 2)[position + 1].middle)

    def dismiss(self) -> None:
        self._screen.click(self.buttons(1)[0].middle)


SERVERS: tuple[type[Server], ...] = (Dunst, Xfce, Gnome)


def is_there(program: str) -> bool:
    """A name on the PATH, or a path."""
    return shutil.which(program) is not None or os.access(program, os.X_OK)
