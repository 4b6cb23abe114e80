"""Each cause has one rule, or it is said that no setting helps; and what is counted when a rule is looked at again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kepthour.core.causes import Cause, Facts, LastRung, causes
from kepthour.core.changes import KnownSession
from kepthour.core.gaps import Gap, Pause
from kepthour.core.ladder import PROFILES, ChannelRule, Ladder, Rung, Special, Urgency
from kepthour.core.looking_back import Count, Course, Tally, tally
from kepthour.core.near_miss import Ground, NearMiss
from kepthour.core.privacy import Phi
from kepthour.core.rules import Help, Kind, Rule, Scope, Setup, rule_for
from kepthour.core.tongue import ENGLISH
from kepthour.core.verdict import Verdict
from kepthour.core.words.rules import rule_text

MONDAY = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # it is Tuesday in Berlin
BERLIN = ZoneInfo("Europe/Berlin")
PHONE, DESKTOP = ChannelRule("phone", timedelta(minutes=2)), ChannelRule("desktop")
SESSION = KnownSession(
    id="0123456789",
    calendar="a",
    uid="one",
    recurrence_id=None,
    start=MONDAY,
    end=MONDAY + timedelta(minutes=50),
    client=Phi("AB"),
    place=Phi("Clinic"),
    join_url=Phi(""),
    revision=1,
    cancelled=False,
)
SETUP = Setup(
    ladder=Ladder(PROFILES["standard"], (DESKTOP, PHONE), timedelta(minutes=2), timedelta(minutes=15)),
    zone=BERLIN,
    early_if_odd=True,
    desktops=("desktop",),
    buffer=timedelta(minutes=10),
    polls={"a": timedelta(minutes=2)},
)
FACTS = Facts(MONDAY)
AB, TUESDAY = Scope(client=Phi("AB")), Scope(client=Phi("AB"), weekday=1)


def asleep(why: Pause | None) -> Facts:
    return replace(FACTS, gaps=(Gap(MONDAY, MONDAY, why),))


def channels(*rules: ChannelRule) -> Setup:
    return replace(SETUP, ladder=replace(SETUP.ladder, channels=rules))


def reached(*names: str) -> Facts:
    return replace(FACTS, last_rung=LastRung("+5m", names, ()))


def rungs(*offsets: int) -> Setup:
    own = tuple(Rung(timedelta(minutes=one), f"{one}m", Urgency.NORMAL) for one in offsets)
    return replace(SETUP, ladder=replace(SETUP.ladder, rungs=own))


NO_ALIAS = replace(SESSION, client=Phi(""))
TWO = replace(SETUP, polls={"a": timedelta(minutes=10), "b": timedelta(minutes=2)})
ODD_OFF = replace(SETUP, early_if_odd=False)
ODD = (Cause.MOVED, Cause.RESTORED, Cause.OTHER_WEEK, Cause.AFTER_BREAK, Cause.UNUSUAL_TIME)

TABLE = [
    *((cause, FACTS, SESSION, SETUP, Rule(Kind.EXTRA_RUNG, "-2h", AB)) for cause in ODD),
    *((cause, FACTS, SESSION, ODD_OFF, Rule(Kind.EARLY_IF_ODD)) for cause in ODD),
    (Cause.MOVED, FACTS, NO_ALIAS, SETUP, Rule(Kind.EXTRA_RUNG, "-2h", Scope(weekday=1))),
    (Cause.MOVED, FACTS, SESSION, TWO, Rule(Kind.EXTRA_RUNG, "-2h", Scope("a", Phi("AB")))),
    (Cause.MOVED, FACTS, SESSION, rungs(-120), Rule(Kind.EXTRA_RUNG, "-90m", AB)),
    (Cause.MOVED, FACTS, SESSION, rungs(-120, -90), Help.ENOUGH),
    (Cause.MOVED, FACTS, SESSION, replace(rungs(-5), early_if_odd=False), Rule(Kind.EXTRA_RUNG, "-2h", AB)),
    (Cause.OTHER_PLACE, FACTS, SESSION, SETUP, Rule(Kind.EXTRA_RUNG, "-2h", Scope(place=Phi("Clinic")))),
    (Cause.FIRST, FACTS, SESSION, SETUP, Rule(Kind.EXTRA_RUNG, "-2h", TUESDAY)),
    (Cause.GAP, FACTS, SESSION, SETUP, Rule(Kind.EXTRA_RUNG, "-30m", TUESDAY)),
    (Cause.IN_A_ROW, FACTS, SESSION, SETUP, Rule(Kind.EXTRA_RUNG, "-2m", TUESDAY)),
    (Cause.OVERRUN, FACTS, SESSION, SETUP, Rule(Kind.BUFFER, "15m")),
    (Cause.OVERRUN, FACTS, SESSION, replace(SETUP, buffer=timedelta(minutes=12)), Rule(Kind.BUFFER, "15m")),
    (Cause.OVERRUN, FACTS, SESSION, replace(SETUP, buffer=timedelta(minutes=30)), Help.ENOUGH),
    (Cause.ONE_CHANNEL, reached("desktop"), SESSION, SETUP, Rule(Kind.JOINS, "-1m", channel="phone")),
    (Cause.ONE_CHANNEL, reached("desktop"), SESSION, channels(DESKTOP), Help.SECOND_CHANNEL),
    (Cause.ONE_CHANNEL, reached("desktop"), SESSION, channels(DESKTOP, ChannelRule("phone")), Help.CHANNEL),
    (Cause.NOT_DELIVERED, reached(), SESSION, SETUP, Help.CHANNEL),
    (Cause.ON_THE_WAY, FACTS, SESSION, SETUP, Rule(Kind.INSIST)),
    (Cause.ON_THE_WAY, FACTS, SESSION, replace(SETUP, desktops=()), Rule(Kind.JOINS, "-1m", channel="phone")),
    (Cause.SNOOZED, FACTS, SESSION, SETUP, Rule(Kind.JOINS, "-1m", channel="phone")),
    (Cause.SHORT_NOTICE, FACTS, SESSION, SETUP, Help.POLLED),
    (Cause.SHORT_NOTICE, FACTS, SESSION, TWO, Rule(Kind.POLL, "5m", Scope("a"))),
    (Cause.NOT_READ, FACTS, SESSION, SETUP, Help.FEED),
    (Cause.TWO_CALENDARS, FACTS, SESSION, SETUP, Help.ONE_CALENDAR),
    (Cause.AWAY, FACTS, SESSION, SETUP, Help.LEAVE),
    (Cause.NOT_WATCHED, asleep(Pause.ASLEEP), SESSION, SETUP, Rule(Kind.WAKE)),
    (Cause.NOT_WATCHED, asleep(Pause.OFF), SESSION, SETUP, Help.RUNNING),
    (Cause.OTHER, FACTS, SESSION, SETUP, Help.OWN),
]


@pytest.mark.parametrize(("cause", "facts", "session", "setup", "helps"), TABLE)
def test_what_helps(
    cause: Cause, facts: Facts, session: KnownSession, setup: Setup, helps: Rule | Help
) -> None:
    assert rule_for(cause, facts, session, setup) == helps


def test_every_cause_is_in_the_table() -> None:
    assert {row[0] for row in TABLE} == set(Cause)


def test_an_extra_rung_of_the_last_minutes_is_heard() -> None:
    assert [Rule(Kind.EXTRA_RUNG, at).urgency for at in ("-2m", "-30m")] == ["critical", "normal"]


def test_a_session_with_rungs_of_its_own_is_weighed_by_these() -> None:
    special = Special((Rung(timedelta(hours=-2), "-2h", Urgency.NORMAL),), client="AB")
    setup = replace(SETUP, ladder=replace(SETUP.ladder, specials=(special,)))
    found = rule_for(Cause.MOVED, FACTS, SESSION, setup)
    assert found == Rule(Kind.EXTRA_RUNG, "-90m", AB)


@pytest.mark.parametrize(("before", "suggested"), [(72, (Cause.MOVED,)), (73, ())])
def test_a_move_long_before_is_no_cause(before: int, suggested: tuple[Cause, ...]) -> None:
    assert causes(Facts(MONDAY, moved=timedelta(hours=before))) == suggested


NEAR = NearMiss(Ground.SAID)


def test_only_what_is_certain_is_counted() -> None:
    went = [
        *((Verdict.ON_TIME, None),) * 3,
        (Verdict.ON_TIME, NEAR),
        (Verdict.LATE, NEAR),
        (Verdict.NEAR_MISS, NEAR),
        (Verdict.MISSED, None),
        (Verdict.CLIENT_NO_SHOW, None),
        (Verdict.SUSPECTED_MISS, None),
        (Verdict.UNKNOWN, None),
        (Verdict.CLIENT_CANCELLED, None),
        (None, None),
    ]
    courses = [Course(MONDAY - timedelta(hours=1), verdict, near) for verdict, near in went]
    courses.append(Course(MONDAY, Verdict.ON_TIME))
    assert tally(courses, MONDAY) == Tally(Count(8, 1, 2, 1), Count(1))


FEW, MANY = Count(4, 1, 1, 1), Count(5, 1, 2, 1)
RULE = Rule(Kind.EXTRA_RUNG, "-2h", AB)


@pytest.mark.parametrize(
    ("told", "body"),
    [
        (Tally(MANY, Count()), "There was no such session since: nothing can be told."),
        (Tally(MANY, Count(1)), "There was 1 such session since: too few to tell."),
        (Tally(MANY, FEW), "There were 4 such sessions since: too few to tell."),
        (
            Tally(FEW, MANY),
            "Of 5 since: late 1, near misses 2, missed 1. Too few before to compare.",
        ),
        (
            Tally(MANY, Count(12)),
            "Of 12 since: late 0, near misses 0, missed 0. Of 5 before: 1, 2, 1.",
        ),
    ],
)
def test_of_fewer_than_five_nothing_is_told_but_that(told: Tally, body: str) -> None:
    words = rule_text(ENGLISH, RULE, told)
    assert words.title == "A month ago you changed one thing. Did it help?"
    assert words.body == f"One more reminder, at -2h. {body} kepthour repair rules"


@pytest.mark.parametrize("kind", Kind)
def test_no_client_is_named(kind: Kind) -> None:
    value = {Kind.EXTRA_RUNG: "-2h", Kind.JOINS: "-1m", Kind.BUFFER: "15m", Kind.POLL: "5m"}.get(kind, "")
    rule = Rule(kind, value, replace(AB, place=Phi("Clinic"), calendar="practice"), "phone")
    words = rule_text(ENGLISH, rule, Tally(MANY, MANY))
    assert "AB" not in words.whole and "Clinic" not in words.whole
