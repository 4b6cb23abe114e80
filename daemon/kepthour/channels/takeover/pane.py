"""One screen's window: the notice, its clock, its answers. Calm colours, large letters, nothing that moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QDateTime, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFont, QKeyEvent, QScreen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kepthour.channels.takeover import typography
from kepthour.channels.takeover.documents import Button, Show

# On a screen of so many pixels letters have the sizes below; on a larger one larger ones.
_FULL = (1500, 1000)
_WIDEST = 0.86  # of a screen
_TITLE, _CLOCK, _TEXT, _BUTTON, _SMALL = 3.0, 9.0, 2.0, 1.8, 1.5  # times the desktop's own letters
_STYLE = """
Pane { background: #16211f; }
QLabel { color: #e6ece8; background: transparent; }
QLabel#text, QLabel#also { color: #a9bbb3; }
QLabel#clock { color: #cfe5d9; }
QPushButton {
    color: #e6ece8; background: #22332e; border: 2px solid #3b544a; border-radius: 12px; padding: 0.7em 1.3em;
}
QPushButton:hover { background: #2a4038; }
QPushButton:focus { border-color: #a5d6be; background: #2d463d; }
QPushButton:pressed { background: #3b544a; }
QPushButton#away { color: #a9bbb3; background: transparent; border: 2px solid transparent; padding: 0.4em 0.8em; }
QPushButton#away:focus { border-color: #a5d6be; }
"""


class Pane(QWidget):
    """Over one screen. `pressed(number, key)` and `put_away(number)` are called with what it shows."""

    def __init__(
        self, screen: QScreen, pressed: Callable[[int, str], None], put_away: Callable[[int], None]
    ) -> None:
        super().__init__()
        self._pressed, self._put_away = pressed, put_away
        self._show: Show | None = None
        at = screen.geometry()
        self._scale = max(0.7, min(2.0, at.width() / _FULL[0], at.height() / _FULL[1]))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowFlags(
            Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        )
        # Other programs read the titles of windows, and keep them: they tell nothing.
        self.setWindowTitle("Kept Hour")
        self.setStyleSheet(_STYLE)
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        screen.geometryChanged.connect(self.setGeometry)
        self._tick = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._run_the_clock)
        self._lay_out()

    def present(self, show: Show, others: Sequence[Show]) -> None:
        """Show this one, and the titles of `others` in small letters. The pane appears if it was not there."""
        fresh = self._show is None or self._show.number != show.number
        self._show = show
        self._title.setText(show.title)
        self._text.setText(show.text)
        self._also.setText("\n".join(show.words.also.replace("{title}", one.title) for one in others))
        self._also.setVisible(bool(others))
        self._away.setText(typography.plain(show.words.put_away))
        self.setAccessibleName(show.title)
        self.setAccessibleDescription(show.text)
        if fresh:
            self._offer(show.buttons)
        self._clock.setVisible(show.moment is not None)
        self._run_the_clock()
        if not self.isVisible():
            self.showFullScreen()

    @property
    def drawn(self) -> bool:
        """Whether it is on its screen, and not behind something."""
        window = self.windowHandle()
        return window is not None and window.isExposed()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt's name)
        """Escape puts it away; what else no button wanted is for nobody."""
        if event.key() == Qt.Key.Key_Escape:
            self._go_away()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's name)
        """The desktop's own way to close a window is no answer, either."""
        event.ignore()
        self._go_away()

    def _go_away(self) -> None:
        if self._show is not None:
            self._put_away(self._show.number)

    def _lay_out(self) -> None:
        self._title = self._label("title", _TITLE, QFont.Weight.DemiBold)
        self._clock = self._label("clock", _CLOCK, QFont.Weight.Light)
        self._text = self._label("text", _TEXT)
        self._also = self._label("also", _SMALL)
        self._answers = QHBoxLayout()
        self._answers.setSpacing(round(16 * self._scale))
        self._buttons: list[QPushButton] = []
        self._away = QPushButton(self, flat=True, autoDefault=True)
        self._away.setObjectName("away")
        self._away.setFont(self._letters(_SMALL))
        self._away.clicked.connect(self._go_away)
        margin = round(self.screen().geometry().width() * (1 - _WIDEST) / 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(margin, 0, margin, 0)
        column.setSpacing(round(24 * self._scale))
        column.addStretch(4)
        for one in (self._title, self._clock, self._text):
            column.addWidget(one)
        column.addSpacing(round(36 * self._scale))
        column.addLayout(self._answers)
        column.addStretch(4)
        column.addWidget(self._also)
        column.addWidget(self._away, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def _label(self, name: str, size: float, weight: QFont.Weight = QFont.Weight.Normal) -> QLabel:
        label = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        label.setObjectName(name)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setFont(self._letters(size, weight))
        return label

    def _letters(self, size: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The desktop's own font, `size` times as large, and never smaller than it is."""
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * max(1.0, size * self._scale))
        font.setWeight(weight)
        return font

    def _offer(self, buttons: Sequence[Button]) -> None:
        """These answers, in the place of those before; the first has the keyboard."""
        while (item := self._answers.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._answers.addStretch()
        self._buttons = []
        for button, label in zip(
            buttons, typography.with_mnemonics([one.label for one in buttons]), strict=True
        ):
            self._buttons.append(self._button(button.key, label))
            self._answers.addWidget(self._buttons[-1])
        self._answers.addStretch()
        order = [*self._buttons, self._away]
        for one, following in pairwise(order):
            QWidget.setTabOrder(one, following)
        order[0].setFocus()

    def _button(self, key: str, label: str) -> QPushButton:
        made = QPushButton(label, self, autoDefault=True)  # so that Enter presses it, too
        made.setFont(self._letters(_BUTTON))
        made.clicked.connect(lambda: self._press(key))
        return made

    def _press(self, key: str) -> None:
        if self._show is not None:
            self._pressed(self._show.number, key)

    def _run_the_clock(self) -> None:
        """Write the clock, and come back with the next second. Only its letters change: nothing moves."""
        if self._show is None or self._show.moment is None:
            self._tick.stop()
            return
        # The wall clock, of which the moment is an instant; Qt's own, since nobody can hand one to this process.
        now = QDateTime.currentMSecsSinceEpoch() / 1000
        self._clock.setText(typography.clock(self._show.words, self._show.moment, now))
        self._tick.start(round(1000 * ((self._show.moment - now) % 1)) + 1)
