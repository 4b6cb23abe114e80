"""All that is shown, on all screens: the newest notice on top, the others named below it until it is their turn."""

from __future__ import annotations

import os
from collections.abc import Callable

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QSocketNotifier,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QCursor, QGuiApplication, QScreen
from PySide6.QtWidgets import QApplication

from kepthour.channels.takeover import documents
from kepthour.channels.takeover.documents import Answered, Close, PutAway, Ready, Show, Shown, Unable, Word
from kepthour.channels.takeover.guard import Guard
from kepthour.channels.takeover.pane import Pane

_READ_BYTES = 65_536
_LOOK_MS = 10  # how often it is looked whether all windows are drawn

Say = Callable[[Word], None]


def run(orders: int, say: Say) -> int:
    """Show what comes in on the file descriptor `orders`, until it ends."""
    _tell_of_failures(say)
    app = QApplication(["kepthour"])
    app.setApplicationDisplayName("Kept Hour")
    app.setDesktopFileName("kepthour")
    app.setQuitOnLastWindowClosed(False)
    stage = Stage(app, orders, say)
    say(Ready(app.platformName()))
    code = app.exec()
    stage.clear()
    return code


def _tell_of_failures(say: Say) -> None:
    """Qt aborts where it finds no display. Say why instead, and end without a dump."""
    missing = "plugin"

    def handle(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        nonlocal missing
        if "could not connect to display" in text or "Failed to create wl_display" in text:
            missing = "display"
        if kind is QtMsgType.QtFatalMsg:
            say(Unable(missing))
            os._exit(1)

    qInstallMessageHandler(handle)


class Stage(QObject):
    """What is shown, by subject, and a pane for each screen while there is something."""

    def __init__(self, app: QApplication, orders: int, say: Say) -> None:
        super().__init__()
        self._app = app
        self._say = say
        self._shows: dict[str, Show] = {}  # in the order in which they came
        self._panes: dict[QScreen, Pane] = {}
        self._has_keyboard = (
            False  # or it was asked for: until the next rung it is the therapist's to put elsewhere
        )
        self._unseen: list[int] = []  # the numbers of what was not drawn everywhere yet
        self._guard = Guard(self)
        app.installEventFilter(self._guard)
        app.screenAdded.connect(self._refresh)
        app.screenRemoved.connect(self._screen_went)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._tell_what_is_drawn)
        self._rest = b""
        self._listener = QSocketNotifier(orders, QSocketNotifier.Type.Read, self)
        self._listener.activated.connect(lambda: self._read(orders))

    def clear(self) -> None:
        """Nothing is shown any more."""
        self._shows.clear()
        self._refresh()

    def _read(self, orders: int) -> None:
        found = os.read(orders, _READ_BYTES)
        if not found:
            self._listener.setEnabled(False)
            self._app.quit()
            return
        *lines, self._rest = (self._rest + found).split(b"\n")
        for line in lines:
            self._carry_out(documents.order(line))

    def _carry_out(self, order: documents.Order) -> None:
        if isinstance(order, Close):
            self._drop(order.number)
            return
        self._shows[order.subject] = order  # one that is there already keeps its place
        self._unseen.append(order.number)
        self._has_keyboard = any(pane.isActiveWindow() for pane in self._panes.values())
        self._refresh()
        self._look.start()

    def _drop(self, number: int) -> None:
        self._shows = {subject: one for subject, one in self._shows.items() if one.number != number}
        self._unseen = [one for one in self._unseen if one != number]
        self._refresh()

    def _screen_went(self, screen: QScreen) -> None:
        pane = self._panes.pop(screen, None)
        if pane is not None:
            pane.deleteLater()
        self._refresh()

    def _refresh(self) -> None:
        """Every screen shows what is to be shown."""
        if not self._shows:
            panes, self._panes, self._has_keyboard = self._panes, {}, False
            for pane in panes.values():
                pane.hide()
                pane.deleteLater()
            return
        *others, top = self._shows.values()
        self._guard.begin()
        for screen in QGuiApplication.screens():
            if screen not in self._panes:
                self._panes[screen] = Pane(screen, self._pressed, self._put_away)
            self._panes[screen].present(top, others)

    def _take_the_keyboard(self) -> None:
        """Once a rung, to the screen where the mouse is. A window that is not drawn could not have it."""
        at = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
        pane = self._panes.get(at)
        if pane is not None and not self._has_keyboard:
            self._has_keyboard = True
            for one in self._panes.values():
                one.raise_()
            pane.activateWindow()

    def _tell_what_is_drawn(self) -> None:
        if not self._unseen:
            self._look.stop()
        elif self._panes and all(pane.drawn for pane in self._panes.values()):
            self._guard.begin()
            self._take_the_keyboard()
            unseen, self._unseen = self._unseen, []
            there = {one.number for one in self._shows.values()}
            for number in unseen:
                if number in there:
                    self._say(Shown(number))

    def _pressed(self, number: int, key: str) -> None:
        self._drop(number)
        self._say(Answered(number, key))

    def _put_away(self, number: int) -> None:
        self._drop(number)
        self._say(PutAway(number))
