"""True misses, each of which must be found: everything was watched, the reminders came, and nothing shows her there."""

from __future__ import annotations

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour_connectors.base import Transient
from tests.support.situation import (
    MONDAY,
    NOTHING,
    SUSPECTED,
    TWO_CALENDARS,
    WITH_PHONE,
    ZOOM,
    Situation,
    at,
    said,
)
from tests.support.steps import (
    accepts,
    answers_for,
    cancels,
    checks_in,
    clock_is_set,
    comes_back,
    configured,
    deletes,
    fails,
    goes_on_leave,
    heals,
    is_killed_until,
    is_late,
    is_on_the_way,
    moves_to,
    refuses,
    says,
    sleeps_until,
    snoozes,
    travels_to,
    writes,
)

TEN = f"{MONDAY}T10:00:00"
NO_ANSWER = Transient("No answer.", "Look at the network.")
NEXT = writes(f"{MONDAY}T10:50:00", 50, uid="next")
BEFORE = writes(f"{MONDAY}T09:10:00", 50, uid="before")

MISSED = (
    Situation("all was watched, she was reminded up to the deadline, and she did not come", SUSPECTED),
    Situation("the same, of a video session", SUSPECTED, entry=(ZOOM,)),
    Situation(
        "she sits in the room with her client and touches no device: reminded ten times, she is asked once more",
        SUSPECTED,
        entry=("LOCATION:Room 2",),
    ),
    Situation("a moment before the deadline nothing is concluded", NOTHING, until="10:14:59"),
    Situation("she said on my way, and forgot", SUSPECTED, (at("09:50", is_on_the_way()),)),
    Situation("she snoozed, and forgot", SUSPECTED, (at("09:50", snoozes(5)),)),
    Situation("she snoozed up to the start, and forgot", SUSPECTED, (at("09:50", snoozes()),)),
    Situation(
        "she said ten minutes late, and did not come", SUSPECTED, (at("09:57", is_late(10)),), until="10:30"
    ),
    Situation(
        "she said late twice, and did not come",
        SUSPECTED,
        (at("09:57", is_late(5)), at("10:04", is_late(10))),
        until="10:40",
    ),
    Situation(
        "she said late in the middle of the nagging, and did not come",
        SUSPECTED,
        (at("10:04", is_late(5)),),
        until="10:30",
    ),
    Situation("a session of twenty minutes, missed at half of it", SUSPECTED, minutes=20, until="10:11"),
    Situation("a session of ninety minutes", SUSPECTED, minutes=90),
    Situation(
        "a session at ten past midnight",
        SUSPECTED,
        start="2026-03-03T00:10:00",
        begins=f"{MONDAY} 23:50",
        until="2026-03-03 00:40",
    ),
    Situation(
        "on the morning after the clocks changed",
        SUSPECTED,
        start="2026-03-29T10:00:00",
        begins="2026-03-29 09:40",
        until="2026-03-29 10:22",
    ),
    # ---- the wrong session of a pair
    Situation(
        "she sat with another client in the session before, and overran into this one",
        SUSPECTED,
        (at("09:40", BEFORE, answers_for("before", Kind.HERE)),),
    ),
    Situation(
        "she checked in to the next one only: this one is missed",
        SUSPECTED,
        (at("09:41", NEXT), at("10:25", answers_for("next", Kind.HERE))),
        until="10:55",
    ),
    Situation(
        "of two sessions at the same minute she was in the other one",
        SUSPECTED,
        (at("09:41", writes(TEN, uid="twin", title="CD")), at("09:59", answers_for("twin", Kind.HERE))),
    ),
    # ---- what the calendar did does not excuse it
    Situation(
        "it was moved, and she missed the new start",
        SUSPECTED,
        (at("09:42", moves_to("10:30")),),
        until="10:50",
    ),
    Situation(
        "it was moved to the afternoon and back",
        SUSPECTED,
        (at("09:42", moves_to("14:00")), at("09:43", moves_to("10:00"))),
    ),
    Situation(
        "it was cancelled and restored before the start",
        SUSPECTED,
        (at("09:42", cancels()), at("09:44", writes(TEN))),
    ),
    Situation(
        "it was deleted and came back before the start",
        SUSPECTED,
        (at("09:42", deletes()), at("09:44", writes(TEN))),
    ),
    Situation(
        "it appeared in the calendar twelve minutes before the start",
        SUSPECTED,
        (at("09:41", deletes()), at("09:48", writes(TEN))),
    ),
    Situation(
        "she checked in for the old start, and missed the new one, hours later",
        SUSPECTED,
        (at("09:58", checks_in()), at("09:59", moves_to("11:30"))),
        until="11:50",
    ),
    Situation(
        "its title and place were edited while it went on",
        SUSPECTED,
        (at("10:05", writes(TEN, 50, "LOCATION:Room 3", title="AB new")),),
    ),
    Situation("it was made longer", SUSPECTED, (at("10:05", writes(TEN, 80)),)),
    Situation(
        "the calendar failed for ten minutes, and was heard again before the deadline",
        SUSPECTED,
        (at("09:55", fails(NO_ANSWER)), at("10:05", heals())),
    ),
    Situation("the same session stands in two calendars", SUSPECTED, config=TWO_CALENDARS),
    Situation(
        "it was deleted from one of two calendars two days before, and stands in the other one still",
        SUSPECTED,
        (at("2026-02-28 09:41", deletes()), at("2026-02-28 09:42", sleeps_until("09:40"))),
        config=TWO_CALENDARS,
        begins="2026-02-28 09:40",
    ),
    Situation(
        "one of two calendars was told of a move, and she missed the new start, whatever stands in the other one",
        SUSPECTED,
        (at("09:42", moves_to("10:30")),),
        config=TWO_CALENDARS,
        told_by="practice",
        until="10:50",
    ),
    Situation(
        "it was moved in both of two calendars, and missed at the new start",
        SUSPECTED,
        (at("09:42", moves_to("10:30"), moves_to("10:30", calendar="second")),),
        config=TWO_CALENDARS,
        until="10:50",
    ),
    Situation(
        "another session of the same client was cancelled",
        SUSPECTED,
        (at("09:42", writes("2026-03-05T10:00:00", 50, "STATUS:CANCELLED", uid="later")),),
    ),
    # ---- nor does what the machine did
    Situation(
        "the laptop slept in the night, and was up ten minutes before the start",
        SUSPECTED,
        (at("07:01", sleeps_until("09:50")),),
        begins=f"{MONDAY} 07:00",
    ),
    Situation(
        "the daemon was killed and back within half a minute",
        SUSPECTED,
        (at("10:03", is_killed_until("10:03:30")),),
    ),
    Situation(
        "one of two channels refused everything, the other one took it",
        SUSPECTED,
        (at("09:41", refuses("phone")),),
        config=WITH_PHONE,
    ),
    Situation(
        "the only channel refused for half a minute, and all came",
        SUSPECTED,
        (at("09:58:50", refuses()), at("09:59:20", accepts())),
    ),
    Situation("the clock was put right by half a minute", SUSPECTED, (at("10:03", clock_is_set(0.5)),)),
    Situation(
        "the clock was set back by an hour the evening before",
        SUSPECTED,
        (at("07:30", clock_is_set(-60)),),
        begins=f"{MONDAY} 07:20",
    ),
    Situation(
        "she travelled west, and the session stayed where it was",
        SUSPECTED,
        (at("09:45", travels_to("Europe/London")),),
    ),
    Situation(
        "the configuration was edited while the ladder ran", SUSPECTED, (at("09:50", configured(WITH_PHONE)),)
    ),
    # ---- nor what was said and taken back
    Situation(
        "her leave was over before the start",
        SUSPECTED,
        (at("09:41", goes_on_leave("09:41", "18:00")), at("09:44", comes_back())),
    ),
    Situation(
        "her leave begins in the afternoon", SUSPECTED, (at("09:41", goes_on_leave("12:00", "18:00")),)
    ),
    Situation(
        "she said cancelled by mistake, and took it back before the start",
        SUSPECTED,
        (at("09:42", says(Verdict.CLIENT_CANCELLED)), at("09:43", says(Verdict.UNKNOWN))),
    ),
    Situation(
        "she checked in by mistake, and took it back before the start",
        SUSPECTED,
        (at("09:41", checks_in()), at("09:43", says(Verdict.UNKNOWN))),
    ),
    Situation(
        "she was asked, and said that she missed it",
        said(Verdict.MISSED),
        (at("10:18", says(Verdict.MISSED)),),
        suspected_on_the_way=True,
    ),
    Situation(
        "she said herself that she missed it, before she was asked",
        said(Verdict.MISSED),
        (at("10:10", says(Verdict.MISSED)),),
    ),
    Situation(
        "she said on time, and corrected it to missed",
        said(Verdict.MISSED),
        (at("10:18", says(Verdict.ON_TIME)), at("10:20", says(Verdict.MISSED))),
        suspected_on_the_way=True,
    ),
)
