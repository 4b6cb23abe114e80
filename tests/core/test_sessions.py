"""Which occurrences are sessions, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kepthour.core.privacy import Phi
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.sessions import Rule, Take, Why, judge, session_id

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLAIN = Occurrence(
    uid="u", recurrence_id=None, start=START, end=START + timedelta(minutes=50), all_day=False,
    title=Phi("AB individual"), place=Phi("Room 2"), join_url=Phi("https://zoom.us/j/1"), categories=("Therapy",),
    colour="tomato", attendees=2, cancelled=False, declined=False, free=False, kind=None,
)  # fmt: skip
INITIALS = Rule(True, title=re.compile(r"^(?P<client>[A-Z]{2})\b"))


def occurrence(**changes: Any) -> Occurrence:
    return replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"all_day": True}, Why.ALL_DAY),
        ({"end": None}, Why.NO_END),
        ({"end": START}, Why.NO_END),
        ({"cancelled": True}, Why.CANCELLED),
        ({"declined": True}, Why.DECLINED),
        ({"free": True}, Why.FREE),
        ({"kind": "focusTime"}, Why.KIND),
        ({"kind": "workingLocation"}, Why.KIND),
        ({"title": Phi("Canceled: AB")}, Why.CANCELLED_TITLE),
    ],
)
@pytest.mark.parametrize("take", [Take.ALL, Take.RULES])
def test_some_events_are_never_sessions(changes: dict[str, Any], why: Why, take: Take) -> None:
    judgement = judge(occurrence(**changes), "practice", take, [INITIALS])
    assert (judgement.is_session, judgement.why) == (False, why)


def test_a_rule_gives_the_clients_alias() -> None:
    judgement = judge(PLAIN, "practice", Take.RULES, [INITIALS])
    assert (judgement.is_session, judgement.why, judgement.rule) == (True, Why.RULE, 1)
    assert judgement.client.reveal() == "AB"


def test_the_first_rule_that_matches_wins() -> None:
    other = Rule(False, category="therapy")
    assert not judge(PLAIN, "practice", Take.RULES, [other, INITIALS]).is_session
    assert judge(PLAIN, "practice", Take.RULES, [INITIALS, other]).is_session


def test_all_skips_the_rules_and_the_duration() -> None:
    long = occurrence(end=START + timedelta(hours=5))
    assert judge(long, "practice", Take.ALL, [Rule(False)]).is_session


def test_a_calendar_can_hold_no_sessions() -> None:
    assert judge(PLAIN, "practice", Take.NONE, [INITIALS]).why is Why.CALENDAR_NONE


@pytest.mark.parametrize(("minutes", "expected"), [(24, False), (25, True), (120, True), (121, False)])
def test_a_session_lasts_25_to_120_minutes_unless_the_rule_says_otherwise(
    minutes: int, expected: bool
) -> None:
    one = occurrence(end=START + timedelta(minutes=minutes))
    assert judge(one, "practice", Take.RULES, [INITIALS]).is_session is expected
    any_length = replace(INITIALS, duration=(timedelta(), timedelta(hours=9)))
    assert judge(one, "practice", Take.RULES, [any_length]).is_session


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (Rule(True, calendar="other"), "it is for another calendar"),
        (Rule(True, title=re.compile("^XY")), "the title differs"),
        (Rule(True, category="Supervision"), "the category differs"),
        (Rule(True, colour="blue"), "the colour differs"),
        (Rule(True, place=re.compile("Room 3")), "the place differs"),
        (Rule(True, link_host="doxy.me"), "the link's host differs"),
        (Rule(True, attendees=(3, 5)), "the number of attendees differs"),
        (Rule(True, duration=(timedelta(hours=1), timedelta(hours=2))), "the duration differs"),
    ],
)
def test_every_condition_must_hold_and_the_one_that_does_not_is_named(rule: Rule, fault: str) -> None:
    judgement = judge(PLAIN, "practice", Take.RULES, [rule])
    assert (judgement.is_session, judgement.why) == (False, Why.NO_RULE)
    assert judgement.missed == (f"rule 1: {fault}",)


def test_conditions_that_hold_make_a_session() -> None:
    rule = Rule(
        True, "practice", re.compile("^AB"), "THERAPY", "tomato", re.compile(r"Room \d"), "zoom.us", (1, 2),
        (timedelta(minutes=50), timedelta(minutes=50)),
    )  # fmt: skip
    assert judge(PLAIN, "practice", Take.RULES, [rule]).is_session


def test_an_id_depends_on_calendar_uid_and_instance_and_on_nothing_else() -> None:
    ids = {
        session_id("a", "u", None),
        session_id("b", "u", None),
        session_id("a", "v", None),
        session_id("a", "u", START),
    }
    assert len(ids) == 4
    assert session_id("a", "u", START) == session_id("a", "u", START)
