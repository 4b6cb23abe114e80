"""Lets no key and no click through that was meant for the window before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent

SECONDS = 0.5
_KEYS = {QEvent.Type.KeyPress, QEvent.Type.KeyRelease}
_OTHERS = {
    QEvent.Type.Shortcut,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.TouchBegin,
}


class Guard(QObject):
    """An event filter for the application. Somebody may be typing, and a key that is held down goes on by itself.

    It lets through what comes half a second after the window did, or after the last key of somebody who typed on.
    """

    def __init__(self, parent: QObject | None, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._now = now  # seconds
        self._until = now()

    def begin(self) -> None:
        """Something else is on the screen from now on."""
        self._until = self._now() + SECONDS

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        """Whether the event ends here."""
        kind = event.type()
        if kind in _KEYS:
            return self._stops(cast(QKeyEvent, event))
        return kind in _OTHERS and self._early

    @property
    def _early(self) -> bool:
        return self._now() < self._until

    def _stops(self, event: QKeyEvent) -> bool:
        if self._early and event.type() is QEvent.Type.KeyPress:
            self.begin()
            return True
        return self._early or event.isAutoRepeat()
