"""What ran, and what the clock showed: silence means nothing where nobody watched, and where no reminder came."""

from __future__ import annotations

from tests.support.situation import (
    CHECKED_IN,
    CHECKED_IN_LATE,
    MONDAY,
    NOT_REMINDED,
    NOT_WATCHED,
    NOTHING,
    WITH_PHONE,
    WITHOUT_CHANNEL,
    Situation,
    at,
)
from tests.support.steps import (
    accepts,
    checks_in,
    clock_is_set,
    is_down_until,
    is_killed_until,
    is_late,
    refuses,
    sleeps_until,
    travels_to,
)

MACHINES = (
    # ---- asleep
    Situation(
        "the laptop was asleep for the whole session",
        NOT_WATCHED,
        (at("09:41", sleeps_until("11:00")),),
        until="11:05",
    ),
    Situation(
        "the laptop fell asleep two minutes after the start, until after the deadline",
        NOT_WATCHED,
        (at("10:02", sleeps_until("10:30")),),
        until="10:35",
    ),
    Situation(
        "the laptop slept from before the start until five minutes after it",
        NOT_WATCHED,
        (at("09:50", sleeps_until("10:05")),),
    ),
    Situation(
        "the laptop slept for five minutes in the middle of the nagging",
        NOT_WATCHED,
        (at("10:05", sleeps_until("10:10")),),
    ),
    Situation(
        "the laptop slept through the night, and woke four minutes before the start",
        NOT_WATCHED,
        (at("09:41", sleeps_until("09:56")),),
    ),
    Situation(
        "the laptop was opened in the slot, and she checked in at once",
        CHECKED_IN_LATE,
        (at("09:50", sleeps_until("10:05")), at("10:05:10", checks_in())),
    ),
    Situation(
        "the laptop fell asleep a minute before the deadline",
        NOT_WATCHED,
        (at("10:13", sleeps_until("10:16")),),
    ),
    # ---- down
    Situation(
        "the daemon was down from before the start until the afternoon",
        NOT_WATCHED,
        (at("09:41", is_down_until("14:00")),),
        until="14:05",
    ),
    Situation(
        "the daemon was stopped for ten minutes around the start",
        NOT_WATCHED,
        (at("09:56", is_down_until("10:06")),),
    ),
    Situation(
        "the daemon was killed ten seconds before the deadline, and came back an hour later",
        NOT_WATCHED,
        (at("10:14:50", is_killed_until("11:10")),),
        until="11:12",
    ),
    Situation(
        "the clock leapt by two minutes over the deadline",
        NOT_WATCHED,
        (at("10:14:50", clock_is_set(minutes=2)),),
    ),
    Situation(
        "the daemon was killed after the start, and came back after the deadline",
        NOT_WATCHED,
        (at("10:03", is_killed_until("10:25")),),
        until="10:30",
    ),
    Situation(
        "the daemon was killed in the middle of the ladder, and came back two minutes later",
        NOT_WATCHED,
        (at("10:06", is_killed_until("10:08")),),
    ),
    Situation("the daemon was started when the session had begun", NOT_WATCHED, begins=f"{MONDAY} 10:00:30"),
    Situation("the daemon was started three minutes before the start", NOT_WATCHED, begins=f"{MONDAY} 09:57"),
    Situation(
        "the daemon was started for the first time when the session was over",
        NOTHING,
        begins=f"{MONDAY} 10:51",
        until="11:10",
    ),
    Situation(
        "she checked in, and then the daemon was down",
        CHECKED_IN,
        (at("09:59", checks_in()), at("10:01", is_down_until("11:00"))),
        until="11:05",
    ),
    # ---- no reminder came
    Situation(
        "no channel is configured, and the machine has no desktop to show anything on",
        NOT_REMINDED,
        (at("09:40", refuses("desktop")),),
        config=WITHOUT_CHANNEL,
    ),
    Situation("the only channel refused everything", NOT_REMINDED, (at("09:41", refuses()),)),
    Situation("the only channel refused from the start on", NOT_REMINDED, (at("09:59:30", refuses()),)),
    Situation("the only channel refused the last reminder alone", NOT_REMINDED, (at("10:04:30", refuses()),)),
    Situation(
        "the only channel refused up to a minute and a half after the start",
        NOT_REMINDED,
        (at("09:41", refuses()), at("10:01:30", accepts())),
    ),
    Situation(
        "both channels refused",
        NOT_REMINDED,
        (at("09:41", refuses("screen"), refuses("phone")),),
        config=WITH_PHONE,
    ),
    # ---- the clock
    Situation(
        "the clock was set forward by half an hour, over the whole ladder",
        NOT_WATCHED,
        (at("09:50", clock_is_set(30)),),
        until="10:30",
    ),
    Situation(
        "the clock was set forward by five minutes after the start",
        NOT_WATCHED,
        (at("10:03", clock_is_set(5)),),
        until="10:30",
    ),
    Situation(
        "a clock that was an hour fast made it ask, and was put right: nothing is concluded yet",
        NOTHING,
        (at("10:17", clock_is_set(-60)),),
        until="09:40",
        suspected_on_the_way=True,
    ),
    Situation(
        "a clock that was days fast was put right before the session",
        CHECKED_IN,
        (
            at("09:41", clock_is_set(3 * 24 * 60)),
            at("2026-03-05 09:45", clock_is_set(-3 * 24 * 60)),
            at("09:59", checks_in()),
        ),
    ),
    Situation(
        "a clock that was ten minutes fast made it ask, was put right, and she checked in on time",
        CHECKED_IN,
        (at("10:17", clock_is_set(-18)), at("10:00", checks_in())),
        until="10:30",
        suspected_on_the_way=True,
    ),
    Situation(
        "she flew to New York, checked in by the clock there, and it was the same instant",
        CHECKED_IN,
        (at("09:45", travels_to("America/New_York")), at("10:01", checks_in())),
    ),
    # ---- the clocks change, at two in the night of 29 March, and a session around it
    Situation(
        "on the morning after the clocks changed she checked in on time",
        CHECKED_IN,
        (at("2026-03-29 10:01", checks_in()),),
        start="2026-03-29T10:00:00",
        begins="2026-03-29 09:40",
        until="2026-03-29 10:22",
    ),
    Situation(
        "a session in the night that the clocks change, and she checked in",
        CHECKED_IN,
        (at("2026-03-29 03:11", checks_in()),),
        start="2026-03-29T03:10:00",
        begins="2026-03-29 01:40",
        until="2026-03-29 03:40",
    ),
    Situation(
        "a session in the hour that comes twice, in October, and she checked in",
        CHECKED_IN,
        (at("2026-10-25 02:31", checks_in()),),
        start="2026-10-25T02:30:00",
        begins="2026-10-25 01:55",
        until="2026-10-25 02:55",
    ),
    # ---- of other lengths and hours
    Situation(
        "a session of ten minutes, and she checked in after four: before its deadline, at half of it",
        CHECKED_IN_LATE,
        (at("10:04", checks_in()),),
        minutes=10,
    ),
    Situation(
        "a session of ninety minutes, and she checked in after fourteen",
        CHECKED_IN_LATE,
        (at("10:14", checks_in()),),
        minutes=90,
    ),
    Situation(
        "a session at ten past midnight, and she checked in",
        CHECKED_IN,
        (at("2026-03-03 00:11", checks_in()),),
        start="2026-03-03T00:10:00",
        begins=f"{MONDAY} 23:50",
        until="2026-03-03 00:40",
    ),
    Situation(
        "running late was said, and the laptop slept over the deadline that moved",
        NOT_WATCHED,
        (at("09:58", is_late(10)), at("10:12", sleeps_until("10:40"))),
        until="10:45",
    ),
)
