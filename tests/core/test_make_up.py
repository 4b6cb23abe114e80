"""Which session makes up for a miss, the opening cue among the rungs, and when it is asked how a meeting landed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from kepthour.core.changes import KnownSession
from kepthour.core.ladder import PROFILES, ChannelRule, Ladder, Rung, Urgency
from kepthour.core.make_up import Missed, Stood, Why, find_make_up, opening_steps
from kepthour.core.nudges import LANDING, landing, to_tell
from kepthour.core.privacy import NOTHING, Phi

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 5, 15, tzinfo=UTC)
NEAR, PHONE = ChannelRule("screen"), ChannelRule("phone", joins=timedelta(minutes=2))


def ladder(rungs: tuple[Rung, ...], *channels: ChannelRule) -> Ladder:
    return Ladder(rungs, channels or (NEAR, PHONE), timedelta(minutes=2), timedelta(minutes=15))


def a_rung(minutes: int, urgency: Urgency = Urgency.NORMAL) -> Rung:
    return Rung(timedelta(minutes=minutes), f"{minutes}m", urgency)


@pytest.mark.parametrize(("profile", "minutes"), [("standard", -30), ("gentle", -30), ("persistent", -25)])
def test_the_cue_stands_where_no_rung_stands(profile: str, minutes: int) -> None:
    (cue,) = opening_steps(ladder(PROFILES[profile]), (), START, ("screen",))
    assert (cue.offset, cue.due_at) == (timedelta(minutes=minutes), START + timedelta(minutes=minutes))
    assert (cue.rung, cue.channel, cue.useful_until) == ("opening-cue", "screen", START)
    assert cue.skip_in_session


def test_it_finds_room_among_rungs_that_leave_little() -> None:
    close = tuple(a_rung(minutes) for minutes in range(-60, -14))
    (cue,) = opening_steps(ladder(close), (), START, ("screen",))
    assert cue.offset == timedelta(minutes=-61)


def test_a_rung_that_a_snooze_added_is_in_the_way_too() -> None:
    (cue,) = opening_steps(ladder((a_rung(-5),)), [timedelta(minutes=-30)], START, ("screen",))
    assert cue.offset == timedelta(minutes=-25)


@pytest.mark.parametrize(
    ("urgency", "cue_is"),
    [
        (Urgency.NORMAL, Urgency.NORMAL),
        (Urgency.HIGH, Urgency.HIGH),
        (Urgency.CRITICAL, Urgency.HIGH),
    ],
)
def test_where_an_earlier_rung_stays_on_the_screen_the_cue_stays_too(
    urgency: Urgency, cue_is: Urgency
) -> None:
    (cue,) = opening_steps(ladder((a_rung(-45, urgency), a_rung(-5))), (), START, ("screen",))
    assert cue.urgency is cue_is


def test_where_every_channel_joins_later_it_goes_where_calm_notices_go() -> None:
    (cue,) = opening_steps(ladder((a_rung(-5),), PHONE), (), START, ("phone",))
    assert cue.channel == "phone"


@pytest.mark.parametrize(
    ("end", "asked"),
    [
        ("05 16:50", "06 16:50"),
        ("05 19:59", "06 19:59"),
        ("05 20:00", "07 08:30"),
        ("05 23:30", "07 08:30"),
        ("05 07:59", "06 08:30"),
        ("05 08:00", "06 08:00"),
        ("27 20:10", "29 08:30"),  # the clocks change in the night before
    ],
)
def test_it_is_asked_a_day_later_at_a_civil_hour(end: str, asked: str) -> None:
    ends = datetime.strptime(f"2026 03 {end}", "%Y %m %d %H:%M").replace(tzinfo=BERLIN).astimezone(UTC)
    one = landing(ends, BERLIN)
    assert f"{one.due_at.astimezone(BERLIN):%d %H:%M}" == asked
    assert (one.rung, one.useful_until) == (LANDING, ends + timedelta(hours=72))
    assert one.due_at < one.useful_until


def test_the_follow_up_has_one_voice() -> None:
    steps = [(8, START), (9, START)]
    assert to_tell(LANDING, steps, START) == [8]
    assert to_tell("card-14d", steps, START) == [8, 9]
    assert to_tell("card-14d", steps, START, meets=True) == [9]
    assert to_tell(LANDING, [(9, START)], START, meets=True) == []


MISSED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, ten o'clock in Berlin
OPENED = MISSED_AT + timedelta(minutes=15)
DAY = timedelta(days=1)


def session(uid: str, start: datetime, **more: object) -> KnownSession:
    end = start + timedelta(minutes=50)
    made = KnownSession(
        uid, "practice", uid, None, start, end, Phi("AB"), NOTHING, NOTHING, 1, cancelled=False
    )
    return replace(made, **more)  # type: ignore[arg-type]


MONDAY = session("weekly", MISSED_AT)
MISSED = Missed(MONDAY, MISSED_AT, OPENED, (Stood("regular", MISSED_AT + 7 * DAY),))
REGULAR = session("regular", MISSED_AT + 7 * DAY)
EXTRA = session("extra", START)


def found(
    missed: Missed, *after: KnownSession, barred: tuple[str, ...] = (), usual: tuple[int, time] = (1, time(8))
) -> tuple[str, Why] | None:
    one = find_make_up(missed, after, barred, lambda: frozenset({usual}), BERLIN, OPENED)
    return (one.session.id, one.why) if one is not None else None


def test_a_new_single_session_with_the_alias_makes_up_for_it() -> None:
    assert found(MISSED, EXTRA, REGULAR) == ("extra", Why.ONE_OFF)


@pytest.mark.parametrize(
    "after",
    [
        (),
        (REGULAR,),
        (REGULAR, replace(EXTRA, client=Phi("CD"))),
        (REGULAR, replace(EXTRA, client=NOTHING)),
        (REGULAR, replace(EXTRA, calendar="private")),
        (REGULAR, replace(EXTRA, recurrence_id=START)),
        (REGULAR, session("extra", MISSED_AT - DAY)),
        (REGULAR, session("extra", OPENED + 61 * DAY)),
        (REGULAR, session("another-uid", MISSED_AT + 7 * DAY)),
        (REGULAR, session("extra", MISSED_AT + 14 * DAY)),  # the weekday and hour of the missed one
        (REGULAR, EXTRA, session("more", START + 7 * DAY)),  # a new usual time
        (session("regular", START),),  # it stood elsewhere
        (EXTRA,),  # and the regular one is gone
    ],
)
def test_what_may_be_a_regular_session_makes_up_for_nothing(after: tuple[KnownSession, ...]) -> None:
    assert found(MISSED, *after) is None


def test_at_the_usual_time_nothing_is_a_make_up_session() -> None:
    assert found(MISSED, EXTRA, REGULAR, usual=(3, time(16))) is None


def test_where_nothing_is_known_of_what_was_there_nothing_is_new() -> None:
    assert found(replace(MISSED, stood=None), EXTRA, REGULAR) is None


def test_what_carries_on_one_that_was_there_is_not_new() -> None:
    assert found(replace(MISSED, carried_on=("extra",)), EXTRA, REGULAR) is None


def test_one_that_only_got_another_uid_is_not_new() -> None:
    missed = replace(MISSED, stood=(*(MISSED.stood or ()), Stood("agreed-before", START)))
    assert found(missed, REGULAR, EXTRA) is None


def test_what_is_barred_leaves_the_next_one() -> None:
    more = session("more", START + DAY)
    assert found(MISSED, REGULAR, EXTRA, more, barred=("extra",)) == ("more", Why.ONE_OFF)


def test_of_several_holds_the_one_that_bears_the_alias_is_agreed() -> None:
    holds = replace(MISSED, holds=("h1", "h2"))
    one, other = session("h1", START, client=NOTHING), session("h2", START + DAY, client=NOTHING)
    assert found(holds, REGULAR, one, other) is None
    assert found(holds, REGULAR, one) == ("h1", Why.HOLD)
    named = replace(other, client=Phi("AB"))
    assert found(holds, REGULAR, one, named) == ("h2", Why.HOLD)
    assert found(holds, REGULAR, replace(one, client=Phi("AB")), named) is None, "both: nothing is certain"


def test_the_missed_one_itself_counts_before_all_others() -> None:
    assert found(MISSED, REGULAR, EXTRA, session("weekly", START + DAY)) == ("weekly", Why.MOVED)
    assert found(replace(MISSED, heir="heir"), REGULAR, EXTRA, session("heir", START + DAY)) == (
        "heir",
        Why.MOVED,
    )
