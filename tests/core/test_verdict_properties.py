"""What holds of every verdict, whatever the evidence: more presence never hurts, less coverage never convicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from kepthour.core.coverage import coverage
from kepthour.core.gaps import Kept
from kepthour.core.response import Kind, Response
from kepthour.core.spells import Call
from kepthour.core.verdict import HELD, Because, Coverage, Finding, Verdict, deadline_after, decide

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
DEADLINE, LATE_AFTER = TEN + timedelta(minutes=15), timedelta(minutes=2)
# From the worst to the best for the therapist; None: it is too early to say.
WORST_FIRST = (Verdict.SUSPECTED_MISS, Verdict.UNKNOWN, None, Verdict.LATE, Verdict.ON_TIME)

minutes = st.integers(min_value=-40, max_value=60).map(lambda n: TEN + timedelta(minutes=n / 2))
flags = st.booleans()
coverages = st.builds(Coverage, daemon=flags, calendar=flags, ladder=flags, away=flags)
COVERED = Coverage(daemon=True, calendar=True, ladder=True)


@st.composite
def answers(draw: st.DrawFn, *kinds: Kind) -> Response:
    """One answer of these kinds; a "running late" promises a start a little later."""
    kind, at = draw(st.sampled_from(kinds)), draw(minutes)
    promised = max(at, TEN) + timedelta(minutes=draw(st.integers(1, 10))) if kind is Kind.LATE else None
    return Response(kind, at, "cli", promised)


some = st.lists(answers(*Kind), max_size=5).map(lambda them: sorted(them, key=lambda one: one.at))
proof = answers(Kind.HERE, Kind.OUT, Kind.JOIN)


def decided(
    responses: list[Response], covered: Coverage, room: datetime | None = None, now: datetime | None = None
) -> Finding | None:
    """The verdict long after the deadline, unless `now` says when."""
    deadline = deadline_after(DEADLINE, TEN, responses)
    return decide(
        TEN, deadline, LATE_AFTER, responses, covered, now or TEN + timedelta(hours=2), in_room_since=room
    )


def rank(finding: Finding | None) -> int:
    """How well the therapist comes off."""
    return WORST_FIRST.index(finding.verdict if finding else None)


def opened_to_stay(one: Response, responses: list[Response]) -> bool:
    """Whether it is a press on Join near the session, after which nobody said to be late."""
    near = TEN - timedelta(minutes=15) <= one.at <= DEADLINE
    return (
        one.kind is Kind.JOIN and near and not any(r.kind is Kind.LATE and r.at > one.at for r in responses)
    )


def held(finding: Finding | None) -> bool:
    """Whether the session was held, be it late: a check-out and a Join do not say well enough since when."""
    return rank(finding) >= WORST_FIRST.index(Verdict.LATE)


@given(some, proof, coverages, st.none() | minutes, minutes)
def test_one_more_proof_of_presence_takes_no_session_for_missed(
    responses: list[Response], more: Response, covered: Coverage, room: datetime | None, now: datetime
) -> None:
    now += timedelta(minutes=30)
    before = decided(responses, covered, room, now)
    after = decided(sorted([*responses, more], key=lambda one: one.at), covered, room, now)
    assert held(after) or rank(after) >= rank(before)
    assert held(after) or not held(before)


@given(some, answers(Kind.HERE, Kind.OUT), coverages, st.none() | minutes)
def test_a_check_in_and_a_check_out_are_the_end_of_every_doubt(
    responses: list[Response], here: Response, covered: Coverage, room: datetime | None
) -> None:
    assert held(decided(sorted([*responses, here], key=lambda one: one.at), covered, room))


@given(st.lists(answers(Kind.ACK, Kind.SNOOZE, Kind.JOIN), max_size=3), st.integers(-15, 15), coverages)
def test_who_opened_the_room_near_the_start_is_never_suspected(
    others: list[Response], minute: int, covered: Coverage
) -> None:
    join = Response(Kind.JOIN, TEN + timedelta(minutes=minute), "screen")
    assert held(decided(sorted([*others, join], key=lambda one: one.at), covered))


@given(st.lists(minutes, max_size=3), minutes, coverages, st.none() | minutes)
def test_of_dated_proofs_an_earlier_one_makes_nobody_later(
    seen: list[datetime], more: datetime, covered: Coverage, room: datetime | None
) -> None:
    here = [Response(Kind.HERE, at, "cli") for at in sorted(seen)]
    added = sorted([*here, Response(Kind.HERE, more, "phone")], key=lambda one: one.at)
    assert rank(decided(added, covered, room)) >= rank(decided(here, covered, room))
    rooms = min(more, room) if room else more
    assert rank(decided(here, covered, rooms)) >= rank(decided(here, covered, room))


LACKS = {
    "daemon": Because.DAEMON_GAP,
    "calendar": Because.CALENDAR_STALE,
    "ladder": Because.LADDER_GAP,
    "away": Because.AWAY,
}
silent = st.lists(answers(Kind.ACK, Kind.SNOOZE, Kind.LATE), max_size=3).map(
    lambda them: sorted(them, key=lambda one: one.at)
)
calls = st.none() | st.builds(Call, st.none() | minutes)


@given(silent, st.sampled_from(sorted(LACKS)))
def test_of_silence_each_gap_alone_makes_a_question(responses: list[Response], lost: str) -> None:
    assert decided(responses, COVERED) == Finding(Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)
    less = replace(COVERED, **{lost: lost == "away"})
    assert decided(responses, less) == Finding(Verdict.UNKNOWN, LACKS[lost])


@given(some | silent, coverages, st.sampled_from(sorted(LACKS)), st.none() | minutes, minutes, calls, flags)
def test_less_coverage_never_makes_it_more_certain(
    responses: list[Response],
    covered: Coverage,
    lost: str,
    room: datetime | None,
    now: datetime,
    call: Call | None,
    edited: bool,
) -> None:
    def found(coverage: Coverage) -> Finding | None:
        deadline, seen = deadline_after(DEADLINE, TEN, responses), now + timedelta(minutes=30)
        return decide(
            TEN, deadline, LATE_AFTER, responses, coverage, seen, in_room_since=room, call=call, edited=edited
        )

    less = replace(covered, **{lost: lost == "away"})
    before, after = found(covered), found(less)
    by_machine = {Because.IN_A_CALL, Because.IN_SOME_CALL, Because.ENTRY_EDITED}
    if before is None or (before.verdict in HELD and before.because not in by_machine):
        assert after == before
    elif lost == "away":  # what was seen on this machine is anybody's then
        assert after == Finding(Verdict.UNKNOWN, Because.AWAY)
    elif before.because in by_machine or less == covered:
        assert after == before
    else:  # silence
        assert after is not None and after.verdict is Verdict.UNKNOWN
        assert after.because in (
            {before.because, LACKS[lost]} if before.verdict is Verdict.UNKNOWN else {LACKS[lost]}
        )


@given(some, coverages, st.none() | minutes)
def test_nobody_is_suspected_but_where_all_was_covered_and_nothing_shows_them(
    responses: list[Response], covered: Coverage, room: datetime | None
) -> None:
    finding = decided(responses, covered, room)
    assert finding is not None
    if finding.verdict is Verdict.SUSPECTED_MISS:
        assert covered == Coverage(daemon=True, calendar=True, ladder=True)
        assert room is None
        assert not {one.kind for one in responses} & {Kind.HERE, Kind.OUT}
        assert not any(opened_to_stay(one, responses) for one in responses)
    if finding.because is Because.NO_EVIDENCE:
        assert finding.verdict is Verdict.SUSPECTED_MISS


spells = st.lists(st.tuples(minutes, minutes).map(sorted).map(tuple), max_size=4)


@given(spells, st.integers(0, 3), st.none() | minutes)
def test_a_watch_that_is_lost_makes_no_coverage(
    watches: list[tuple[datetime, datetime]], lost: int, synced: datetime | None
) -> None:
    assume(lost < len(watches) - 1)  # whoever concludes is there, and has the last watch
    kept = [one for number, one in enumerate(sorted(watches)) if number != lost]

    def covered(these: list[tuple[datetime, datetime]]) -> Coverage:
        kept = [Kept(since, until, None) for since, until in these]
        return coverage(TEN, DEADLINE, kept, [], synced, timedelta(minutes=5))

    assert covered(sorted(watches)).daemon or not covered(kept).daemon
