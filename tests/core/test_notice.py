"""What a notice says beside its words: what a running clock counts to, and whether a client may see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.ladder import Urgency
from kepthour.core.notice import Showing
from kepthour.core.notices import cue_notice, joint_notice, rung_notice
from kepthour.core.privacy import Phi
from kepthour.core.reminder import Reminder, State
from kepthour.core.tongue import ENGLISH
from kepthour.core.words.text import Show

START = datetime(2026, 3, 4, 13, tzinfo=UTC)
DUE = START - timedelta(minutes=1)
HOW = Showing(ZoneInfo("Europe/Berlin"), Show.TIME, ENGLISH)
SESSION = KnownSession(
    id="s", calendar="c", uid="u", recurrence_id=None, start=START, end=START + timedelta(minutes=50),
    client=Phi("AB"), place=Phi(), join_url=Phi(), revision=1, cancelled=False,
)  # fmt: skip
REMINDER = Reminder(
    id=1, subject="s", session_id="s", revision=1, rung="-1m", offset=DUE - START, channel="c",
    urgency=Urgency.CRITICAL, due_at=DUE, useful_until=START, skip_in_session=False, state=State.PENDING, why=None,
    attempts=1, problem=None, not_before=DUE, claimed_at=None, sent_at=None, changed_at=None, reference=None,
)  # fmt: skip


def test_a_clock_counts_to_the_start() -> None:
    assert rung_notice(REMINDER, SESSION, DUE, HOW, None).moment == START


def test_whoever_announced_to_be_late_has_a_clock_that_knows_it() -> None:
    announced = START + timedelta(minutes=10)
    assert rung_notice(REMINDER, SESSION, DUE, HOW, announced).moment == announced


def test_what_comes_in_front_of_a_client_says_so() -> None:
    assert joint_notice(REMINDER, SESSION, START, HOW).discreet
    assert cue_notice(REMINDER, SESSION, None, DUE, HOW).discreet
    assert not rung_notice(REMINDER, SESSION, DUE, HOW, None).discreet
