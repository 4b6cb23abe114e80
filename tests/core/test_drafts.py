"""Which draft fits what happened: late or missed, first or again, who is written to, and when a call is better."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.drafts import (
    Client,
    Length,
    Note,
    Occasion,
    Reason,
    Wish,
    choose,
    choose_note,
    minutes_late,
)
from kepthour.core.errors import NeedsPerson
from kepthour.core.repair import is_repeat
from kepthour.core.verdict import Verdict

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
MISSED = Occasion("3", 2, Verdict.MISSED, START, START + timedelta(minutes=50))
LATE = replace(MISSED, severity=1, verdict=Verdict.LATE)
AGAIN = START - timedelta(days=7)


@pytest.mark.parametrize(
    ("happened", "wish", "template"),
    [
        (MISSED, Wish(), "missed-message"),
        (replace(MISSED, verdict=Verdict.SUSPECTED_MISS), Wish(), "missed-message"),
        (LATE, Wish(), "late-message"),
        (MISSED, Wish(Length.LETTER), "missed-letter"),
        (LATE, Wish(Length.PHONE, frozenset({Client.MINOR, Client.NEW})), "late-parent-phone"),
        (MISSED, Wish(clients=frozenset({Client.NEW})), "missed-message"),
    ],
)
def test_the_template_is_named_for_what_happened_who_is_told_and_how(
    happened: Occasion, wish: Wish, template: str
) -> None:
    assert choose(happened, wish).template == template


@pytest.mark.parametrize(
    ("happened", "wish", "severity"),
    [
        (LATE, Wish(), 1),
        (replace(LATE, earlier=AGAIN), Wish(), 2),
        (LATE, Wish(clients=frozenset({Client.NEW, Client.HIGH_NEED})), 1),
        (MISSED, Wish(), 2),
        (MISSED, Wish(clients=frozenset({Client.MINOR})), 2),
        (MISSED, Wish(clients=frozenset({Client.NEW})), 3),
        (MISSED, Wish(clients=frozenset({Client.HIGH_NEED})), 3),
        (replace(MISSED, earlier=AGAIN), Wish(), 3),
        (replace(MISSED, earlier=AGAIN, severity=3), Wish(repeat=False), 2),
        (MISSED, Wish(repeat=True), 3),
        (replace(MISSED, severity=3), Wish(), 3),
    ],
)
def test_a_repeat_or_a_client_who_is_new_or_in_need_is_for_a_call(
    happened: Occasion, wish: Wish, severity: int
) -> None:
    draft = choose(happened, wish)
    assert (draft.severity, draft.call_first, draft.context.call) == (severity, severity == 3, severity == 3)


def test_what_is_said_comes_of_what_is_known_and_of_what_was_picked() -> None:
    happened = replace(MISSED, earlier=AGAIN)
    plain = choose(MISSED, Wish()).context
    assert (plain.repeat, plain.new, plain.high_need, plain.minor, plain.reason, plain.times) == (
        False, False, False, False, "", (),
    )  # fmt: skip
    told = choose(happened, Wish(clients=frozenset(Client), reason=Reason.ILL, times=(AGAIN,))).context
    assert (told.repeat, told.new, told.high_need, told.minor, told.reason, told.times) == (
        True, True, True, True, "ill", (AGAIN,),
    )  # fmt: skip


def test_who_knows_better_overrules_the_alias() -> None:
    assert not choose(replace(MISSED, earlier=AGAIN), Wish(repeat=False)).context.repeat
    assert choose(MISSED, Wish(repeat=True)).context.repeat


@pytest.mark.parametrize(
    "verdict", sorted(set(Verdict) - {Verdict.MISSED, Verdict.LATE, Verdict.SUSPECTED_MISS})
)
def test_there_is_no_apology_for_what_was_no_fault(verdict: Verdict) -> None:
    with pytest.raises(NeedsPerson, match="nothing to apologise for"):
        choose(replace(MISSED, verdict=verdict), Wish())


def test_a_note_is_named_and_knows_what_a_draft_knows() -> None:
    note = choose_note(MISSED, Note.RECORD, Wish(reason=Reason.ILL))
    assert (note.template, note.context.reason, note.is_for_the_client) == ("note-record", "ill", False)
    assert [choose_note(MISSED, one, Wish()).is_anonymous for one in Note] == [False, True, False]


def test_no_note_says_what_is_only_suspected_and_none_keeps_a_session_that_was_held_from_the_bill() -> None:
    with pytest.raises(NeedsPerson, match="only suspected"):
        choose_note(replace(MISSED, verdict=Verdict.SUSPECTED_MISS), Note.RECORD, Wish())
    with pytest.raises(NeedsPerson, match="was held"):
        choose_note(LATE, Note.BILLING, Wish())
    assert choose_note(LATE, Note.RECORD, Wish()).context.late


@pytest.mark.parametrize(
    ("now", "before", "ago", "counts"),
    [
        (Verdict.MISSED, Verdict.MISSED, timedelta(days=90), True),
        (Verdict.MISSED, Verdict.MISSED, timedelta(days=90, seconds=1), False),
        (Verdict.MISSED, Verdict.MISSED, timedelta(), False),
        (Verdict.MISSED, Verdict.MISSED, -timedelta(days=1), False),
        (Verdict.SUSPECTED_MISS, Verdict.MISSED, timedelta(days=7), True),
        (Verdict.MISSED, Verdict.SUSPECTED_MISS, timedelta(days=7), False),
        (Verdict.MISSED, Verdict.LATE, timedelta(days=7), False),
        (Verdict.LATE, Verdict.LATE, timedelta(days=7), True),
        (Verdict.LATE, Verdict.MISSED, timedelta(days=7), True),
        (Verdict.LATE, Verdict.CLIENT_NO_SHOW, timedelta(days=7), False),
        (Verdict.MISSED, None, timedelta(days=7), False),
    ],
)
def test_only_a_certain_one_of_the_same_kind_within_90_days_makes_a_repeat(
    now: Verdict, before: Verdict | None, ago: timedelta, counts: bool
) -> None:
    assert is_repeat(now, START, before, START - ago) is counts


@pytest.mark.parametrize(
    ("after", "minutes"),
    [(None, None), (timedelta(minutes=1, seconds=59), None), (timedelta(minutes=17, seconds=59), 17)],
)
def test_minutes_are_whole_ones_and_only_those_that_are_known(
    after: timedelta | None, minutes: int | None
) -> None:
    assert minutes_late(START, START + after if after is not None else None) == minutes
