"""The first suggestion of what is a session: it forgets no client, and does what it says."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.config.first import CALENDAR, text
from kepthour.config.reading import parse
from kepthour.core.sessions import Rule, Take, judge
from kepthour.core.suggest import Suggestion, suggest, take_all
from kepthour.plugins import Plugins
from tests.support.practices import BERLIN, PRACTICES, Practice, Weekly, spread

PLUGINS = Plugins()
cases = pytest.mark.parametrize("practice", PRACTICES.values(), ids=PRACTICES.keys())


def suggested(practice: Practice) -> Suggestion:
    return suggest(practice.occurrences, CALENDAR, BERLIN)


def titles(judged: Sequence[object]) -> set[str]:
    return {one.occurrence.title.reveal() for one in judged}  # type: ignore[attr-defined]


def as_text(rule: Rule) -> tuple[Rule, str | None]:
    """A rule without its pattern, and that as it is written: what looks for it may be another."""
    return replace(rule, title=None), rule.title and rule.title.pattern


def read_back(found: Suggestion) -> None:
    """The configuration's own reader makes the same of it, event by event."""
    written = text("Europe/Berlin", {"type": "ics", "path": "/x.ics"}, found.take, found.rules)
    config = parse(Path("/config.toml"), written.encode(), PLUGINS)
    (calendar,) = config.calendars
    assert calendar.take is found.take
    assert list(map(as_text, config.rules)) == list(map(as_text, found.rules))
    for one in found.judged:
        assert judge(one.occurrence, CALENDAR, calendar.take, config.rules) == one.judgement


@cases
def test_every_client_is_taken_and_nothing_that_is_plainly_none(practice: Practice) -> None:
    found = suggested(practice)
    assert titles(found.taken) == {one.title for one in practice.clients}
    assert titles(found.left) == {one.title for one in (*practice.others, *practice.never)}
    assert len(found.taken) + len(found.left) == len(practice.occurrences)


@cases
def test_the_client_is_found_in_the_title(practice: Practice) -> None:
    clients = {one.judgement.client.reveal() for one in suggested(practice).taken}
    assert set(practice.aliases) <= clients
    assert not clients & {"Erstgespräch", "Erstgespr", "Therapie", "Session", "KZT", "VT", "Intake"}


@cases
def test_the_configuration_reads_it_as_it_was_meant(practice: Practice) -> None:
    read_back(suggested(practice))
    read_back(take_all(suggested(practice), CALENDAR))


@cases
def test_taking_all_leaves_out_only_what_can_never_be_a_session(practice: Practice) -> None:
    every = take_all(suggested(practice), CALENDAR)
    assert every.take is Take.ALL
    assert titles(every.left) == {one.title for one in practice.never}


def test_nothing_is_suggested_that_is_not_needed() -> None:
    found = suggested(PRACTICES["titles that tell nothing"])
    assert (found.take, found.rules) == (Take.ALL, ())
    assert suggested(PRACTICES["kinds of therapy before the initials"]).take is Take.ALL


@pytest.mark.parametrize(
    "title",
    ["AB", "Zöller", "Neue Klientin", "Lunch AB", "Supervision Frau Weber", "Erstgespräch", "???", "ab"],
)
def test_what_was_never_seen_is_a_session(title: str) -> None:
    """Next week's new client is not forgotten, however they are written."""
    found = suggested(PRACTICES["initials, German"])
    assert found.take is Take.RULES
    for minutes in (10, 50, 180, 600):
        (new,) = Weekly(title, minutes=minutes, weeks=(0,)).occurrences()
        assert judge(new, CALENDAR, found.take, found.rules).is_session


def test_a_word_that_is_a_name_too_is_a_client_only_at_a_clients_hour() -> None:
    def left(*weekly: Weekly) -> set[str]:
        return titles(suggested(Practice((*spread(["AB", "CD"]), *weekly))).left)

    assert left(Weekly("Mittag", 1, 10)) == set()
    assert left(Weekly("Mittag", 1, 12.5)) == {"Mittag"}
    assert left(Weekly("Sport", 1, 18)) == set()
    # "am", "im" are words, too
    assert left(Weekly("Supervision AM", 1, 18), Weekly("IM Intervision", 2, 18)) == set()
    assert left(Weekly("Sport", 1, 18, weeks=(0, 2))) == {"Sport"}
    assert left(Weekly("Sport", 1, 18, 15)) == {"Sport"}


def test_a_title_that_looks_like_a_pattern_is_taken_by_the_letter() -> None:
    practice = Practice(
        spread(["AB", "Lunch break"]), (Weekly("Lunch (break)", 0, 12, 45), Weekly("Büro + Mails'", 1))
    )
    found = suggested(practice)
    assert titles(found.left) == {"Lunch (break)", "Büro + Mails'", "Lunch break"}
    read_back(found)


def test_initials_of_two_and_three_letters_and_umlauts_are_clients() -> None:
    found = suggested(Practice(spread(["ÄB", "CDE", "FG Paar"])))
    assert {one.judgement.client.reveal() for one in found.taken} == {"ÄB", "CDE", "FG"}


def test_whatever_a_calendar_is_called_its_table_can_be_read() -> None:
    name = 'a\x7f\x00"\\\U0001f600\u2028 ü'
    assert tomllib.loads(text("UTC", {"calendar": name}, Take.ALL, ()))["calendars"][0]["calendar"] == name


# Whatever a calendar holds

_WHO = st.one_of(
    st.from_regex(r"[A-Z]{2,3}", fullmatch=True),
    st.from_regex(r"[A-Z]\. ?[A-Z]\.", fullmatch=True),
    st.sampled_from(["Anna", "Ben M.", "Frau Weber", "Müller", "Mittag", "Frei", "Sport", "Holiday", "Lunch-Meier"]),
)  # fmt: skip
_CLIENTS = st.builds(
    lambda form, who: form.format(who),
    st.sampled_from(
        [
            "{}",
            "{} Erstgespräch",
            "Therapie {}",
            "Session with {}",
            "{} – Sitzung",
            "Lunch {}",
            "Supervision {}",
        ]
    ),
    _WHO,
)
_OTHERS = st.sampled_from(
    ["Lunch", "Mittagspause", "Supervision", "Team meeting", "Urlaub", "Zahnarzt", "Büro"]
)


def _weekly(title: st.SearchStrategy[str]) -> st.SearchStrategy[Weekly]:
    return st.builds(
        Weekly,
        title,
        day=st.integers(0, 4),
        hour=st.sampled_from([8, 9.5, 15, 17.25]),
        minutes=st.sampled_from([25, 45, 50, 90, 120]),
        weeks=st.sampled_from([(0, 1, 2, 3), (0, 1, 3), (1, 2, 3)]),
    )


@settings(max_examples=60)
@given(st.lists(_weekly(_CLIENTS), max_size=12), st.lists(_weekly(_OTHERS), max_size=6))
def test_no_client_of_every_week_is_ever_left_out(clients: list[Weekly], others: list[Weekly]) -> None:
    found = suggested(Practice(tuple(clients), tuple(others)))
    assert {one.title for one in clients} <= titles(found.taken)
    read_back(found)


@settings(max_examples=60)
@given(st.lists(_weekly(st.text(max_size=12).map(str.strip)), max_size=8))
def test_any_title_at_all_can_be_written_and_read_back(weekly: list[Weekly]) -> None:
    read_back(suggested(Practice(tuple(weekly))))
