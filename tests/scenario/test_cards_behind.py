"""The store was busy just when a card was to follow a verdict: the audit sees to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.errors import TryLater
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import Day, a_morning
from tests.support.named import NAMED


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path, NAMED)


async def test_a_card_is_for_being_late_though_the_store_was_busy_when_the_suspicion_went(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check-in was stored, and what follows from it not: the auditor sees to it."""
    await day.until("2026-03-02 10:16")
    assert [card.state.value for card in day.cards()] == ["open"]

    def busy(*_args: object) -> None:
        raise TryLater("The store is busy.", "Try again.")

    with monkeypatch.context() as patch:
        patch.setattr("kepthour.pipeline.repair.follow_verdicts", busy)
        day.answer(Kind.HERE)
    assert day.only().verdict is Verdict.LATE
    await day.until("2026-03-02 12:00")
    day.app.audit()
    assert [(card.severity, len(card.steps)) for card in day.cards()] == [(1, 4)]


async def test_a_card_is_closed_though_the_store_was_busy_when_it_was_settled(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    await day.until("2026-03-02 10:16")

    def busy(*_args: object) -> None:
        raise TryLater("The store is busy.", "Try again.")

    with monkeypatch.context() as patch:
        patch.setattr("kepthour.pipeline.repair.follow_verdicts", busy)
        with pytest.raises(TryLater):
            day.app.settle(day.only().session.id, Verdict.ON_TIME, None)
    await day.until("2026-03-02 12:00")
    day.app.audit()
    assert [card.state.value for card in day.cards()] == ["closed"]
