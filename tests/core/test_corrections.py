"""A verdict is corrected freely until the end of the next local day."""

from __future__ import annotations

import pytest

from kepthour.core.corrections import free_until, is_said
from kepthour.core.verdict import Because, Verdict
from tests.support.day import BERLIN, when


@pytest.mark.parametrize(
    ("end", "said", "free"),
    [
        ("2026-03-02 10:50", "2026-03-02 10:16", "2026-03-04 00:00"),
        # said long before: the session's day counts
        (
            "2026-03-02 10:50",
            "2026-02-20 09:00",
            "2026-03-04 00:00",
        ),
        # said late: a slip may still be put right
        (
            "2026-03-02 10:50",
            "2026-03-06 09:00",
            "2026-03-08 00:00",
        ),
        ("2026-03-02 23:59", "2026-03-02 23:59", "2026-03-04 00:00"),
        ("2026-03-28 10:00", "2026-03-28 10:00", "2026-03-30 00:00"),  # the clocks change on the 29th
    ],
)
def test_until_the_end_of_the_day_after_the_session_and_the_word(end: str, said: str, free: str) -> None:
    assert free_until(when(end), when(said), BERLIN) == when(free)


@pytest.mark.parametrize(
    ("verdict", "because", "said"),
    [
        (None, None, False),
        (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE, False),
        (Verdict.UNKNOWN, Because.DAEMON_GAP, False),
        (Verdict.UNKNOWN, Because.SAID, False),  # "I cannot tell" says nothing that could be corrected
        (Verdict.LATE, Because.IN_THE_ROOM, False),
        (Verdict.ON_TIME, Because.CHECKED_IN, True),
        (Verdict.ON_TIME, Because.CHECKED_OUT, True),
        (Verdict.MISSED, Because.SAID, True),
    ],
)
def test_only_what_the_therapist_said_can_be_corrected(
    verdict: Verdict | None, because: Because | None, said: bool
) -> None:
    assert is_said(verdict, because) is said
