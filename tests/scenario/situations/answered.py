"""What the therapist said, in time, late, by mistake, and to the wrong session."""

from __future__ import annotations

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.situation import (
    AWAY,
    CHECKED_IN,
    CHECKED_IN_LATE,
    CHECKED_OUT,
    NOTHING,
    Situation,
    at,
    said,
)
from tests.support.steps import (
    answers_for,
    checks_in,
    checks_out,
    comes_back,
    goes_on_leave,
    is_late,
    is_on_the_way,
    moves_to,
    out_of_office,
    pressed,
    says,
    snoozes,
    writes,
)

NEXT = writes("2026-03-02T10:50:00", 50, uid="next")  # back to back: it begins when "one" ends
BEFORE = writes("2026-03-02T09:10:00", 50, uid="before")

ANSWERED = (
    Situation("she was there and checked in before the start", CHECKED_IN, (at("09:58", checks_in()),)),
    Situation("she checked in half an hour before, to be in peace", CHECKED_IN, (at("09:40", checks_in()),)),
    Situation(
        "she checked in two minutes after the start, which is on time",
        CHECKED_IN,
        (at("10:02", checks_in()),),
    ),
    Situation("she checked in six minutes after the start", CHECKED_IN_LATE, (at("10:06", checks_in()),)),
    Situation("she checked in a moment before the deadline", CHECKED_IN_LATE, (at("10:14:59", checks_in()),)),
    Situation(
        "she checked in twice, on time and again late",
        CHECKED_IN,
        (at("09:59", checks_in()), at("10:09", checks_in())),
    ),
    Situation(
        "she pressed I'm here in a cellar without a net, and the phone told it half an hour later",
        CHECKED_IN,
        (at("10:30", pressed(Kind.HERE, "10:01")),),
        until="10:35",
        suspected_on_the_way=True,
    ),
    Situation(
        "the phone told a minute late that she was there",
        CHECKED_IN,
        (at("10:03", pressed(Kind.HERE, "10:01")),),
    ),
    Situation(
        "she came after all, twenty minutes late, and said so to the question",
        CHECKED_IN_LATE,
        (at("10:20", checks_in()),),
        suspected_on_the_way=True,
        to_repair=True,
    ),
    Situation(
        "she never checked in, and said at 10:14 that it was over", CHECKED_OUT, (at("10:14", checks_out()),)
    ),
    Situation(
        "she never checked in, and said at its end that it was over",
        CHECKED_OUT,
        (at("10:50", checks_out()),),
        until="10:55",
        suspected_on_the_way=True,
    ),
    Situation(
        "she checked in on time, and out again at the end",
        CHECKED_IN,
        (at("09:59", checks_in()), at("10:50", checks_out())),
        until="11:10",
    ),
    Situation(
        "she was on her way, arrived, and checked in",
        CHECKED_IN,
        (at("09:50", is_on_the_way()), at("10:00", checks_in())),
    ),
    Situation(
        "she snoozed up to the start, and was there",
        CHECKED_IN,
        (at("09:50", snoozes()), at("10:01", checks_in())),
    ),
    Situation(
        "she said ten minutes late, arrived after nine, and checked in",
        CHECKED_IN_LATE,
        (at("09:57", is_late(10)), at("10:09", checks_in())),
        until="10:40",
    ),
    Situation(
        "she said ten minutes late, and arrived after twenty: still before the deadline that moved",
        CHECKED_IN_LATE,
        (at("09:57", is_late(10)), at("10:20", checks_in())),
        until="10:40",
    ),
    Situation(
        "she said ten minutes late, and at a quarter past nobody asks yet",
        NOTHING,
        (at("09:57", is_late(10)),),
        until="10:24",
    ),
    Situation(
        "she said late twice, and came by the second promise",
        CHECKED_IN_LATE,
        (at("09:57", is_late(5)), at("10:04", is_late(15)), at("10:18", checks_in())),
        until="10:40",
    ),
    # ---- back to back
    Situation(
        "she checked in to the session before, overran, and one answer ended it and began this one",
        CHECKED_IN,
        (at("09:40", BEFORE, answers_for("before", Kind.HERE)), at("10:01", checks_in())),
    ),
    Situation(
        "she checked in to the next session by mistake, saw it, and said that she is in this one",
        CHECKED_IN_LATE,
        (at("09:41", NEXT), at("10:21", answers_for("next", Kind.HERE), checks_in())),
        until="10:25",
        suspected_on_the_way=True,
        to_repair=True,
    ),
    Situation(
        "she checked in to both of a back-to-back pair",
        CHECKED_IN,
        (at("09:41", NEXT), at("09:59", checks_in()), at("10:49", answers_for("next", Kind.HERE))),
        until="11:00",
    ),
    # ---- settled
    Situation(
        "the client called off by telephone before the start, and she said so",
        said(Verdict.CLIENT_CANCELLED),
        (at("09:50", says(Verdict.CLIENT_CANCELLED)),),
    ),
    Situation(
        "a colleague covers the session, as she said in the morning",
        said(Verdict.COVERED),
        (at("09:41", says(Verdict.COVERED)),),
    ),
    Situation(
        "a colleague covered the session, as she said after the start",
        said(Verdict.COVERED),
        (at("10:05", says(Verdict.COVERED)),),
    ),
    Situation(
        "she called the session off herself",
        said(Verdict.THERAPIST_CANCELLED),
        (at("09:45", says(Verdict.THERAPIST_CANCELLED)),),
    ),
    Situation(
        "the entry is supervision, no session, and she said so",
        said(Verdict.NOT_A_SESSION),
        (at("09:45", says(Verdict.NOT_A_SESSION)),),
    ),
    Situation(
        "the client did not come, and she said so while she waited",
        said(Verdict.CLIENT_NO_SHOW),
        (at("10:10", says(Verdict.CLIENT_NO_SHOW)),),
    ),
    Situation(
        "the client did not come, though she had checked in",
        said(Verdict.CLIENT_NO_SHOW),
        (at("09:59", checks_in()), at("10:15", says(Verdict.CLIENT_NO_SHOW))),
    ),
    Situation(
        "the video broke down, and she said so",
        said(Verdict.TECHNICAL),
        (at("10:12", says(Verdict.TECHNICAL)),),
    ),
    Situation(
        "a colleague had covered it, and she said so when she was asked",
        said(Verdict.COVERED),
        (at("10:17", says(Verdict.COVERED)),),
        until="10:40",
        suspected_on_the_way=True,
    ),
    Situation(
        "she was asked, said on time, and corrected it to late",
        said(Verdict.LATE),
        (at("10:17", says(Verdict.ON_TIME)), at("10:19", says(Verdict.LATE))),
        suspected_on_the_way=True,
        to_repair=True,
    ),
    Situation(
        "she was asked, and could not tell herself",
        said(Verdict.UNKNOWN),
        (at("10:17", says(Verdict.UNKNOWN)),),
        until="11:10",
        suspected_on_the_way=True,
    ),
    Situation(
        "she said missed by mistake, and corrected it",
        said(Verdict.ON_TIME),
        (at("10:05", says(Verdict.MISSED)), at("10:06", says(Verdict.ON_TIME))),
    ),
    Situation(
        "she settled the session, moved its entry by five minutes afterwards, and it stays settled",
        said(Verdict.CLIENT_NO_SHOW),
        (at("10:14", says(Verdict.CLIENT_NO_SHOW)), at("10:20", moves_to("10:05"))),
        until="10:40",
    ),
    # ---- away
    Situation("she was ill, and had noted it", AWAY, (at("09:45", goes_on_leave("09:45", "18:00")),)),
    Situation(
        "she noted in the middle of the nagging that she is ill",
        AWAY,
        (at("10:05", goes_on_leave("09:00", "18:00")),),
    ),
    Situation(
        "her calendar says that she is out of office", AWAY, (at("09:45", out_of_office("09:30", "17:00")),)
    ),
    Situation(
        "her leave ended while the client would have waited",
        AWAY,
        (at("09:45", goes_on_leave("09:45", "18:00")), at("10:05", comes_back())),
    ),
    Situation(
        "she was on leave, and held this one session all the same",
        CHECKED_IN,
        (at("09:45", goes_on_leave("09:45", "18:00")), at("10:00", checks_in())),
    ),
)
