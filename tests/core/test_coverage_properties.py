"""From a session that was covered in full each thing is taken away in turn: what is left never convicts anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.away import Absence, Source
from kepthour.core.coverage import coverage
from kepthour.core.gaps import GAP, Kept
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import OUT, Reminder, State
from kepthour.core.spans import format_offset
from kepthour.core.verdict import Because, Coverage, Finding, Verdict, decide

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
DEADLINE = TEN + timedelta(minutes=15)
STALE_AFTER = timedelta(minutes=6)
DECISIVE = TEN - timedelta(minutes=5)
SUSPECTED = Finding(Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Known:
    """All that is known of one session of which nobody said or saw anything."""

    watches: tuple[Kept, ...]
    rungs: tuple[Reminder, ...]
    synced: datetime | None
    absences: tuple[Absence, ...] = ()

    def covered(self) -> Coverage:
        return coverage(TEN, DEADLINE, self.watches, self.rungs, self.synced, STALE_AFTER, self.absences)

    def finding(self) -> Finding | None:
        return decide(TEN, DEADLINE, timedelta(minutes=2), (), self.covered(), DEADLINE)


def seconds(least: float, most: float) -> st.SearchStrategy[timedelta]:
    return st.integers(int(least), int(most)).map(lambda n: timedelta(seconds=n))


def rung(number: int, offset: timedelta, channel: str, state: State, late: timedelta) -> Reminder:
    due, sent = TEN + offset, TEN + offset + late
    return Reminder(
        id=number, subject="one", session_id="one", revision=1, rung=format_offset(offset), offset=offset,
        channel=channel, urgency=Urgency.NORMAL, due_at=due, useful_until=DEADLINE, skip_in_session=False,
        state=state, why=None, attempts=1, problem=None, not_before=due, claimed_at=sent,
        sent_at=sent if state in OUT else None, changed_at=sent, reference=None,
    )  # fmt: skip


@st.composite
def watches(draw: st.DrawFn) -> tuple[Kept, ...]:
    """From before the first decisive rung to the deadline, with no more between them than a restart takes."""
    found, at = list[Kept](), DECISIVE - draw(seconds(0, 7200))
    for length, restart in draw(st.lists(st.tuples(seconds(30, 1200), seconds(1, 60)), max_size=3)):
        found.append(Kept(at, at + length, None))
        at += length + restart
    return (*found, Kept(at, max(at, DEADLINE) + 2 * GAP, None))


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Reminder, ...]:
    """Each rung went out in time on one channel at least; the other may have refused it, or not have been asked."""
    minutes = draw(st.sets(st.integers(-20, 10), min_size=1, max_size=5)) | {draw(st.integers(-20, 0))}
    others = [*sorted(OUT), State.FAILED, State.EXPIRED, State.SUPERSEDED, State.PENDING, State.COLLAPSED]
    found = []
    for minute in sorted(minutes):
        offset, late = timedelta(minutes=minute), draw(seconds(0, 59))
        found.append(rung(len(found), offset, "near", draw(st.sampled_from(sorted(OUT))), late))
        found.append(rung(len(found), offset, "far", draw(st.sampled_from(others)), late))
    return tuple(found)


known = st.builds(
    Known, watches(), ladders(), seconds(-60, 3600).map(lambda span: DEADLINE - STALE_AFTER + span)
)


def asleep(draw: st.DrawFn, all_of_it: Known) -> Known:
    """For longer than a restart takes, at some time from the first decisive rung to the deadline."""
    begins = max(DECISIVE, min(one.due_at for one in all_of_it.rungs))
    since = draw(seconds(0, (DEADLINE - begins).total_seconds() - 1)) + begins
    until = since + GAP + draw(seconds(1, 3600))
    return replace(all_of_it, watches=_without(all_of_it.watches, since, until))


def _without(watches: Sequence[Kept], since: datetime, until: datetime) -> tuple[Kept, ...]:
    before = [replace(one, until=min(one.until, since)) for one in watches if one.since < since]
    after = [replace(one, since=max(one.since, until)) for one in watches if one.until > until]
    return (*before, *after, Kept(until + 2 * GAP, until + 3 * GAP, None))


def started_late(draw: st.DrawFn, all_of_it: Known) -> Known:
    begins = max(DECISIVE, min(one.due_at for one in all_of_it.rungs))
    return replace(all_of_it, watches=(Kept(begins + draw(seconds(1, 600)), DEADLINE + GAP, None),))


def died(draw: st.DrawFn, all_of_it: Known) -> Known:
    """Nobody is back yet: a command concludes, that is another process."""
    at = DEADLINE - GAP - draw(seconds(1, 1800))
    kept = (replace(one, until=min(one.until, at)) for one in all_of_it.watches if one.since < at)
    return replace(all_of_it, watches=tuple(kept))


def lost_a_rung(draw: st.DrawFn, all_of_it: Known) -> Known:
    """On all its channels; or they refuse it still."""
    name = draw(st.sampled_from(sorted({one.rung for one in all_of_it.rungs})))
    state = draw(st.sampled_from([State.FAILED, State.EXPIRED, State.PENDING]))
    return replace(
        all_of_it,
        rungs=tuple(
            replace(one, state=state, sent_at=None) if one.rung == name else one for one in all_of_it.rungs
        ),
    )


def reminded_late(draw: st.DrawFn, all_of_it: Known) -> Known:
    """Everything went out, the first of it more than a minute after it was to be there."""
    late = max(TEN, min(one.due_at for one in all_of_it.rungs)) + GAP + draw(seconds(1, 600))
    return replace(
        all_of_it,
        rungs=tuple(
            replace(one, sent_at=max(one.sent_at, late)) if one.sent_at else one for one in all_of_it.rungs
        ),
    )


def not_reminded(_draw: st.DrawFn, all_of_it: Known) -> Known:
    return replace(
        all_of_it,
        rungs=tuple(replace(one, state=State.SUPERSEDED, sent_at=None) for one in all_of_it.rungs),
    )


def out_of_date(draw: st.DrawFn, all_of_it: Known) -> Known:
    old = DEADLINE - STALE_AFTER - GAP - draw(seconds(1, 7200))
    return replace(all_of_it, synced=draw(st.sampled_from([None, old])))


def away(draw: st.DrawFn, all_of_it: Known) -> Known:
    leave = Absence(TEN - draw(seconds(0, 7200)), TEN + draw(seconds(1, 7200)), Source.THERAPIST)
    return replace(all_of_it, absences=(leave,))


LOSSES: dict[Callable[[st.DrawFn, Known], Known], Because] = {
    asleep: Because.DAEMON_GAP,
    started_late: Because.DAEMON_GAP,
    died: Because.DAEMON_GAP,
    lost_a_rung: Because.LADDER_GAP,
    reminded_late: Because.LADDER_GAP,
    not_reminded: Because.LADDER_GAP,
    out_of_date: Because.CALENDAR_STALE,
    away: Because.AWAY,
}


@given(known)
def test_who_was_reminded_and_watched_all_the_time_and_shows_no_sign_is_suspected(all_of_it: Known) -> None:
    assert all_of_it.finding() == SUSPECTED


@given(known, st.sampled_from(list(LOSSES)), st.data())
def test_each_thing_that_is_taken_away_makes_a_question_and_says_which(
    all_of_it: Known, loss: Callable[[st.DrawFn, Known], Known], data: st.DataObject
) -> None:
    assert loss(data.draw, all_of_it).finding() == Finding(Verdict.UNKNOWN, LOSSES[loss])


@given(known, st.lists(st.sampled_from(list(LOSSES)), min_size=2, max_size=4), st.data())
def test_the_more_is_taken_away_the_less_is_certain(
    all_of_it: Known, losses: list[Callable[[st.DrawFn, Known], Known]], data: st.DataObject
) -> None:
    left = all_of_it
    for loss in losses:
        left = loss(data.draw, left)
        finding = left.finding()
        assert finding is not None and finding.verdict is Verdict.UNKNOWN


@given(known, st.sampled_from(list(State)), seconds(-1200, 1200))
def test_an_opening_cue_makes_silence_mean_neither_more_nor_less(
    all_of_it: Known, state: State, late: timedelta
) -> None:
    cue = replace(rung(99, timedelta(minutes=-30), "near", state, late), rung="opening-cue")
    assert replace(all_of_it, rungs=(*all_of_it.rungs, cue)).covered() == all_of_it.covered()
    assert replace(all_of_it, rungs=(cue,)).covered() == replace(all_of_it, rungs=()).covered()
