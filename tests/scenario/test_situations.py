"""Nobody is accused wrongly, and no miss is lost: a table of situations, each lived through by the whole product."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.verdict import Verdict
from tests.scenario.situations import SITUATIONS
from tests.support.situation import Situation, concluded, ever_suspected, live_through

ACCUSES = {Verdict.SUSPECTED_MISS, Verdict.MISSED}


@pytest.mark.parametrize("situation", SITUATIONS, ids=[one.tells for one in SITUATIONS])
async def test_what_is_concluded(situation: Situation, tmp_path: Path) -> None:
    day = await live_through(situation, tmp_path)
    assert concluded(day) == situation.outcome
    # Nor was anybody suspected on the way there, and a repair card is open only where there may be something to repair.
    verdict, _because = situation.outcome
    suspected = verdict is Verdict.SUSPECTED_MISS or situation.suspected_on_the_way
    assert ever_suspected(day) == suspected
    # Who was late has a short one, and is not asked for it.
    least = 0 if situation.to_repair else 1
    still_open = any(card.state == "open" and card.severity > least for card in day.cards())
    assert still_open == (verdict in ACCUSES or situation.to_repair)


def test_each_situation_is_told_once_and_there_are_many() -> None:
    assert len({one.tells for one in SITUATIONS}) == len(SITUATIONS) >= 80
