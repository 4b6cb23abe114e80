"""What the calendar did, and when: a session that did not stand there is nobody's miss."""

from __future__ import annotations

from kepthour_connectors.base import CalendarGone, Nonsense, SignInNeeded, Transient
from tests.support.situation import (
    CHECKED_IN,
    MONDAY,
    NOT_REMINDED,
    NOTHING,
    OUT_OF_DATE,
    PLAIN,
    SOON_STALE,
    TWO_CALENDARS,
    Situation,
    at,
)
from tests.support.steps import (
    cancels,
    checks_in,
    configured,
    deletes,
    empties,
    fails,
    heals,
    moves_to,
    writes,
)

TEN = f"{MONDAY}T10:00:00"
SERIES = "RRULE:FREQ=WEEKLY;COUNT=3"
NO_ANSWER = Transient("No answer.", "Look at the network.")
GONE = CalendarGone("It answers 404.", "Look for its new address.")
LOGIN_PAGE = Nonsense("It answers with a page to sign in.", "Sign in.")
SIGN_IN = SignInNeeded("The password was refused.", "Store the new one.")

CALENDARS = (
    Situation(
        "the client's session was moved away two hours before, and the therapist went for a walk",
        NOTHING,
        (at("08:00", moves_to("2026-03-04T10:00:00")),),
        begins=f"{MONDAY} 07:59",
    ),
    Situation(
        "it was moved to the afternoon ten minutes before the start",
        NOTHING,
        (at("09:50", moves_to("14:00")),),
    ),
    Situation(
        "it was moved to the afternoon a minute after the start", NOTHING, (at("10:01", moves_to("14:00")),)
    ),
    Situation(
        "it was moved to yesterday, where the entry belongs",
        NOTHING,
        (at("09:50", moves_to("2026-03-01T10:00:00")),),
    ),
    Situation(
        "it was moved forward so that it began while nobody was reminded of it",
        NOT_REMINDED,
        (at("09:52", moves_to("09:45")),),
    ),
    Situation(
        "it was cancelled in the calendar an hour before",
        NOTHING,
        (at("09:00", cancels()),),
        begins=f"{MONDAY} 08:59",
    ),
    Situation(
        "it was cancelled in the calendar while the nagging went on", NOTHING, (at("10:08", cancels()),)
    ),
    Situation(
        "Outlook exports it as confirmed, with Canceled: before its title",
        NOTHING,
        (at("09:50", writes(TEN, title="Canceled: AB")),),
    ),
    Situation("its title says abgesagt", NOTHING, (at("09:50", writes(TEN, title="Abgesagt: AB")),)),
    Situation("it was marked as free time", NOTHING, (at("09:50", writes(TEN, 50, "TRANSP:TRANSPARENT")),)),
    Situation(
        "it was turned into an entry of the whole day",
        NOTHING,
        (at("09:50", writes(TEN, 24 * 60, "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "TRANSP:TRANSPARENT")),),
    ),
    Situation(
        "this one instance of the series was cancelled",
        NOTHING,
        (at("09:50", writes(TEN, 50, SERIES, "EXDATE;TZID=Europe/Berlin:20260302T100000")),),
        entry=(SERIES,),
    ),
    Situation(
        "it was deleted half an hour before: a question, and no suspicion", NOTHING, (at("09:41", deletes()),)
    ),
    Situation("it was deleted after the start", NOTHING, (at("10:03", deletes()),)),
    Situation(
        "it was deleted, came back three minutes after the start, and nobody had been reminded in time",
        NOT_REMINDED,
        (at("09:46", deletes()), at("10:03", writes(TEN))),
    ),
    Situation(
        "the calendar told a quarter of an hour late that it had been cancelled",
        NOTHING,
        (at("10:20", cancels()),),
        until="10:25",
        suspected_on_the_way=True,
    ),
    Situation(
        "the calendar told after the deadline of the move to the afternoon: that may be where a miss is made up for",
        NOTHING,
        (at("10:20", moves_to("14:00")),),
        until="10:25",
        suspected_on_the_way=True,
        to_repair=True,
    ),
    Situation(
        "the entry appeared when the session had begun",
        NOT_REMINDED,
        (at("09:41", deletes()), at("10:04", writes(TEN))),
    ),
    Situation(
        "she sits in the session, and puts the entry right by five minutes",
        CHECKED_IN,
        (at("09:58", checks_in()), at("10:04", moves_to("10:05"))),
        until="10:40",
    ),
    Situation(
        "the client's session went into a new series, and her check-in went along",
        CHECKED_IN,
        (
            at("09:58", checks_in()),
            at(
                "10:01",
                writes("2026-02-23T10:00:00", 50, "RRULE:FREQ=WEEKLY;COUNT=1"),
                writes(TEN, 50, SERIES, uid="one-2"),
            ),
        ),
        start="2026-02-23T10:00:00",
        entry=(SERIES,),
    ),
    # ---- a calendar that cannot be heard
    Situation(
        "the calendar could not be reached since half past nine",
        OUT_OF_DATE,
        (at("09:41", fails(NO_ANSWER)),),
        config=SOON_STALE,
    ),
    Situation("the feed answers 404", OUT_OF_DATE, (at("09:41", fails(GONE)),), config=SOON_STALE),
    Situation(
        "the feed answers with a login page",
        OUT_OF_DATE,
        (at("09:41", fails(LOGIN_PAGE)),),
        config=SOON_STALE,
    ),
    Situation(
        "the password of the calendar is no longer taken",
        OUT_OF_DATE,
        (at("09:41", fails(SIGN_IN)),),
        config=SOON_STALE,
    ),
    Situation(
        "the feed was empty all of a sudden, and not believed",
        OUT_OF_DATE,
        (at("09:41", empties(), fails(NO_ANSWER)),),
        config=SOON_STALE,
    ),
    Situation(
        "the calendar was out of date at the deadline, and heard again an hour later",
        OUT_OF_DATE,
        (at("09:41", fails(NO_ANSWER)), at("11:00", heals())),
        until="11:12",
        config=SOON_STALE,
    ),
    Situation(
        "she checked in for the old start, it was moved, and the calendar, out of date then, is heard again later",
        OUT_OF_DATE,
        (
            at("09:58", checks_in()),
            at("09:59", moves_to("11:00")),
            at("10:50", fails(NO_ANSWER)),
            at("11:20", heals()),
        ),
        until="11:32",
        config=SOON_STALE,
    ),
    # ---- two calendars
    Situation(
        "the same session stands in two calendars, and she checked in once",
        CHECKED_IN,
        (at("09:59", checks_in()),),
        config=TWO_CALENDARS,
    ),
    Situation(
        "one of two calendars says that it was cancelled, the other one is hours behind",
        OUT_OF_DATE,
        (at("09:50", cancels()),),
        config=TWO_CALENDARS,
    ),
    Situation(
        "one of two calendars was told of the move to the afternoon, the other one is hours behind",
        OUT_OF_DATE,
        (at("09:50", moves_to("14:00")),),
        config=TWO_CALENDARS,
        until="10:40",
    ),
    Situation(
        "one of two calendars was told of the move to another day, the other one is hours behind",
        OUT_OF_DATE,
        (at("09:50", moves_to("2026-03-04T10:00:00")),),
        config=TWO_CALENDARS,
    ),
    Situation(
        "it was moved to the afternoon in the copy, and the calendar that counts has not been told",
        OUT_OF_DATE,
        (at("09:50", moves_to("14:00", calendar="second")),),
        config=TWO_CALENDARS,
    ),
    Situation(
        "it was cancelled in the copy, and the calendar that counts has not been told",
        OUT_OF_DATE,
        (at("09:50", cancels("second")),),
        config=TWO_CALENDARS,
    ),
    Situation(
        "it was deleted from one of two calendars: she was there, and her check-in went along",
        CHECKED_IN,
        (at("09:58", checks_in()), at("10:01", deletes())),
        config=TWO_CALENDARS,
    ),
    Situation(
        "it was deleted from one of two calendars in the morning, the other one is hours behind",
        OUT_OF_DATE,
        (at("09:45", deletes()),),
        config=TWO_CALENDARS,
    ),
    Situation(
        "the calendar was taken out of the configuration",
        NOTHING,
        (at("09:50", configured(PLAIN.replace('"practice"', '"else"'))),),
    ),
)
