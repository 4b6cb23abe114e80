"""Which spells in a call say what of a session, and how looks become spells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.response import Kind, Response
from kepthour.core.spells import Call, Look, Sign, Spell, begun_after, goes_on, is_watched, weigh
from kepthour.core.verdict import Because, Coverage, Finding, Verdict, decide

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
DEADLINE = TEN + timedelta(minutes=15)
COVERED = Coverage(daemon=True, calendar=True, ladder=True)
SOME = Call(None)
UNSEEN = None  # its beginning was not seen


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def spell(since: float, until: float, begun: float | None = 99, sign: Sign = Sign.IN_A_CALL) -> Spell:
    """Minutes after ten. It began half a minute before it was seen, unless `begun` says when, or that nobody knows."""
    not_before = since - 0.5 if begun == 99 else begun
    return Spell(sign, at(since), at(until), None if not_before is None else at(not_before))


@pytest.mark.parametrize(
    ("spells", "call"),
    [
        ([], None),
        ([spell(-2, 15)], Call(at(-2.5))),
        ([spell(-14.5, 15)], Call(at(-15))),
        ([spell(-14, 15, begun=-15.5)], SOME),
        ([spell(-15, 15, UNSEEN)], SOME),
        ([spell(-15, 1, UNSEEN)], SOME),
        ([spell(-15, 0, UNSEEN)], None),
        ([spell(-10, -5)], None),
        ([spell(-10, 0.5)], Call(at(-10.5))),
        ([spell(4, 15)], Call(at(3.5))),
        ([spell(4, 5)], Call(at(3.5))),
        ([spell(4, 4.5)], None),
        ([spell(14.5, 14.5)], Call(at(14))),
        ([spell(15, 20)], None),
        ([spell(-15, 2, UNSEEN), spell(2.5, 15)], SOME),
        ([spell(-15, 2, UNSEEN), spell(8, 15)], SOME),
        ([spell(-15, -5, UNSEEN), spell(-1, 15)], Call(at(-1.5))),
        ([spell(-15, -1, UNSEEN), spell(-0.5, 15)], SOME),
        ([spell(1, 5), spell(9, 15)], Call(at(0.5))),
        ([spell(-2, 15, sign=Sign.LOCKED)], None),
        ([spell(-2, 15, sign=Sign.IDLE)], None),
    ],
    ids=[
        "nothing", "joined early", "at the first moment", "a little before", "went on all the time",
        "went on over the start", "ended at the start", "tried something out before", "left soon after the start",
        "came late", "for a minute", "for half a minute", "just now", "after the deadline", "a call that was cut off",
        "one that went on over the start, and another", "the one before, and this one",
        "the one before, cut off before the start", "came, went, and came back", "a locked desktop", "an idle one",
    ],
)  # fmt: skip
def test_a_call_counts_if_it_began_around_the_start(spells: list[Spell], call: Call | None) -> None:
    assert weigh(spells, TEN, DEADLINE) == call


@pytest.mark.parametrize(
    ("other", "call"),
    [
        ((-60, -10), Call(at(-2.5))),
        ((-50, -2), SOME),
        ((-50, 0), SOME),
        ((0, 50), SOME),
        ((10, 60), SOME),
        ((30, 80), Call(at(-2.5))),
    ],
    ids=["long over", "just over", "back to back", "at the same time", "soon", "later"],
)
def test_a_call_that_may_be_another_session_s_is_nobody_s(
    other: tuple[float, float], call: Call | None
) -> None:
    assert weigh([spell(-2, 15)], TEN, DEADLINE, [(at(other[0]), at(other[1]))]) == call


def decided(call: Call | None, now: float = 15, kind: Kind | None = None, **lacks: bool) -> Finding | None:
    responses = [Response(kind, at(5), "cli")] if kind else []
    coverage = Coverage(**{"daemon": True, "calendar": True, "ladder": True, **lacks})
    return decide(TEN, DEADLINE, timedelta(minutes=2), responses, coverage, at(now), call=call)


@pytest.mark.parametrize(
    ("call", "finding"),
    [
        (Call(at(-15)), Finding(Verdict.ON_TIME, Because.IN_A_CALL)),
        (Call(at(2)), Finding(Verdict.ON_TIME, Because.IN_A_CALL)),
        (Call(at(2.1)), Finding(Verdict.LATE, Because.IN_A_CALL)),
        (SOME, Finding(Verdict.UNKNOWN, Because.IN_SOME_CALL)),
        (None, Finding(Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)),
    ],
)
def test_a_call_is_weighed_at_the_deadline_and_not_before(call: Call | None, finding: Finding) -> None:
    assert decided(call) == finding
    assert decided(call, now=14.9) is None


@pytest.mark.parametrize("call", [Call(at(-2)), SOME])
def test_what_the_therapist_said_goes_before_any_call(call: Call) -> None:
    assert decided(call, kind=Kind.HERE) == Finding(Verdict.LATE, Because.CHECKED_IN)
    assert decided(call, kind=Kind.OUT) == Finding(Verdict.ON_TIME, Because.CHECKED_OUT)


def test_a_call_holds_where_silence_would_mean_nothing_but_not_on_leave() -> None:
    assert decided(Call(at(0)), daemon=False) == Finding(Verdict.ON_TIME, Because.IN_A_CALL)
    assert decided(Call(at(0)), away=True) == Finding(Verdict.UNKNOWN, Because.AWAY)


def test_no_call_makes_a_verdict_worse() -> None:
    """Whatever was seen: never a suspicion that would not have been there without it."""
    for lacks in ({}, {"daemon": False}, {"calendar": False}, {"ladder": False}, {"away": True}):
        without = decided(None, **lacks)
        for call in (SOME, Call(at(-15)), Call(at(14))):
            found = decided(call, **lacks)
            assert without is not None and found is not None
            assert found.verdict is not Verdict.SUSPECTED_MISS
            assert without.verdict in {Verdict.SUSPECTED_MISS, Verdict.UNKNOWN}


@pytest.mark.parametrize(
    ("before", "minutes", "same"),
    [
        (Look(at(0.5), frozenset({Sign.IN_A_CALL})), 1, True),
        (Look(at(0.5), frozenset({Sign.IN_A_CALL})), 2.1, True),
        (Look(at(0.5), frozenset({Sign.IN_A_CALL})), 2.6, False),
        (Look(at(0.5), frozenset()), 1, False),
        (Look(at(0.5), frozenset({Sign.LOCKED})), 1, False),
        (None, 1, True),
        (None, 2.6, False),
        (Look(at(0.5), frozenset({Sign.IN_A_CALL})), 0.4, False),
    ],
    ids=["again", "a look failed", "too long ago", "not between", "another sign", "a restart", "a long one",
         "the clock was set back"],
)  # fmt: skip
def test_a_spell_goes_on_while_every_look_shows_it(before: Look | None, minutes: float, same: bool) -> None:
    assert goes_on(spell(0, 0.5), before, at(minutes)) is same


def test_a_beginning_was_seen_only_if_a_look_just_before_did_not_show_it() -> None:
    nothing = Look(at(0), frozenset())
    assert begun_after(Sign.IN_A_CALL, nothing, at(0.5)) == at(0)
    assert begun_after(Sign.IN_A_CALL, nothing, at(2.1)) is None
    assert begun_after(Sign.IN_A_CALL, nothing, at(-1)) is None
    assert begun_after(Sign.IN_A_CALL, None, at(0.5)) is None
    assert begun_after(Sign.IN_A_CALL, Look(at(0), frozenset({Sign.IN_A_CALL})), at(0.5)) is None


def test_it_is_looked_from_a_quarter_of_an_hour_before_the_start_to_the_deadline() -> None:
    watched = [minute for minute in range(-30, 60) if is_watched(TEN, DEADLINE, at(minute))]
    assert watched == list(range(-15, 16))
