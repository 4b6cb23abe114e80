"""What is typed while the window comes up answers nothing."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtGui", exc_type=ImportError)

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from kepthour.channels.takeover.guard import SECONDS, Guard

JUST = 0.001


class Clock:
    now = 100.0


def key(*, repeated: bool = False, kind: QEvent.Type = QEvent.Type.KeyPress) -> QKeyEvent:
    return QKeyEvent(kind, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", repeated)


def stopped(guard: Guard, event: QEvent) -> bool:
    return guard.eventFilter(QObject(), event)


@pytest.fixture
def guard() -> Guard:
    made = Guard(None, lambda: Clock.now)
    made.begin()
    return made


def test_a_key_in_the_first_half_second_is_not_heard_and_one_after_it_is(guard: Guard) -> None:
    Clock.now += SECONDS - JUST
    assert stopped(guard, key())
    Clock.now += SECONDS
    assert not stopped(guard, key())


def test_whoever_types_on_is_not_heard_until_they_stop(guard: Guard) -> None:
    for _ in range(20):
        Clock.now += SECONDS - JUST
        assert stopped(guard, key())


def test_a_key_that_is_held_down_is_pressed_once(guard: Guard) -> None:
    Clock.now += SECONDS
    assert stopped(guard, key(repeated=True))
    assert not stopped(guard, key())


@pytest.mark.parametrize(
    "kind", [QEvent.Type.Shortcut, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease]
)
def test_a_click_on_what_was_there_before_is_not_heard(guard: Guard, kind: QEvent.Type) -> None:
    assert stopped(guard, QEvent(kind))
    Clock.now += SECONDS
    assert not stopped(guard, QEvent(kind))


def test_nothing_else_is_held_up(guard: Guard) -> None:
    assert not stopped(guard, QEvent(QEvent.Type.Paint))
