"""All texts of notices in all languages: complete, short, and without a client unless one is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from gettext import NullTranslations
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.changes import KnownSession
from kepthour.core.freshness import Freshness
from kepthour.core.ladder import PROFILES, Urgency
from kepthour.core.looking_back import Count, Tally
from kepthour.core.notice import Action, Key, Notice, Showing
from kepthour.core.notices import question_notice, rung_notice
from kepthour.core.nudges import LANDING, nudges
from kepthour.core.oddities import Oddity
from kepthour.core.offers import label, label_of_both, label_until_start
from kepthour.core.privacy import Phi
from kepthour.core.reminder import Reminder, State
from kepthour.core.rules import Kind, Rule, Scope
from kepthour.core.tongue import ENGLISH, Tongue
from kepthour.core.window import window_words
from kepthour.core.words.asked import over_text, question_text, sweep_text
from kepthour.core.words.digests import away_text, digest_text
from kepthour.core.words.late import late_text, noted_text
from kepthour.core.words.repair import nudge_text
from kepthour.core.words.rules import rule_text
from kepthour.core.words.rungs import bare_text, cue_text, joint_text, opening_text, rung_text
from kepthour.core.words.text import Show, Text
from kepthour.core.words.troubles import (
    calendar_text,
    check_text,
    key_text,
    lost_track_text,
    rescued_text,
    store_busy_text,
    store_text,
    store_works_text,
)
from kepthour.languages import languages, tongue
from tests.support.catalogues import extracted

TITLE, BODY, LABEL = 70, 140, 20  # characters that notices show well
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 4, 13, tzinfo=UTC)  # a Wednesday, 14:00 in Berlin
LINKED = KnownSession(
    id="canary-id", calendar="canary-calendar", uid="canary-uid", recurrence_id=None, start=START,
    end=START + timedelta(minutes=50), client=Phi("AB"), place=Phi("canary-place"),
    join_url=Phi("https://zoom.us/j/canary-link"), revision=1, cancelled=False,
)  # fmt: skip
BARE = replace(LINKED, join_url=Phi())
GONE = replace(LINKED, cancelled=True)
LONG = replace(LINKED, end=START + timedelta(hours=1, minutes=30))
TWO = (LINKED, replace(LINKED, start=START + timedelta(hours=1)))
EIGHT = tuple(replace(LINKED, start=START + timedelta(hours=hour)) for hour in range(8))
MINUTES = (-2880, -1440, -90, -60, -30, -15, -10, -5, -2, -1, 0, 1, 2, 3, 4, 5, 7, 10, 15, 60)
ASIDE = "kepthour.db.damaged-20260304T131500Z"

Case = Callable[[Tongue, Show], Text]


def rung(session: KnownSession, minutes: float, announced: datetime | None = None) -> Case:
    offset = timedelta(minutes=minutes)
    now = (announced or session.start) + offset
    return lambda tongue, show: rung_text(tongue, session, offset, now, BERLIN, show, announced)


def question(*sessions: KnownSession, now: datetime = START) -> Case:
    return lambda tongue, show: question_text(tongue, sessions, BERLIN, show, now)


def digest(name: str, sessions: tuple[KnownSession, ...], silent: int = 0, **troubled: Freshness) -> Case:
    return lambda tongue, _show: digest_text(tongue, name, sessions, BERLIN, troubled, silent)


def sweep(*asked: KnownSession, whole_day: bool) -> Case:
    return lambda tongue, _show: sweep_text(tongue, asked, BERLIN, START, whole_day=whole_day)


def odd(code: Oddity, count: int = 1) -> Case:
    return lambda tongue, _show: digest_text(
        tongue, "digest-morning", EIGHT, BERLIN, {}, 0, [(one, code) for one in EIGHT[:count]]
    )


def alert(state: Freshness, last_good: datetime | None, coming: datetime | None) -> Case:
    return lambda tongue, _show: calendar_text(tongue, "practice", state, last_good, "", coming, BERLIN)


def rescue(aside: str | None, answers: int) -> Case:
    return lambda tongue, _show: rescued_text(tongue, aside, answers)


def nudge(name: str, *steps: int, days: int = 0) -> Case:
    return lambda tongue, _show: nudge_text(
        tongue, name, 12, START, steps, BERLIN, LINKED.end + timedelta(days=days)
    )


def looked_at(kind: Kind, before: int = 30, since: int = 12) -> Case:
    value = {Kind.EXTRA_RUNG: "-30m", Kind.JOINS: "-1m"}.get(kind, "")
    rule = Rule(kind, value, Scope(calendar="practice"), "phone")
    told = Tally(Count(before, 12, 13, 1), Count(since, 1, 12, 0))
    return lambda tongue, _show: rule_text(tongue, rule, told)


STALE, SIGN_IN = Freshness.STALE, Freshness.SIGN_IN_NEEDED
CASES: dict[str, Case] = {
    **{f"rung {minutes}m": rung(BARE, minutes) for minutes in MINUTES},
    **{f"rung {minutes}m with a link": rung(LINKED, minutes) for minutes in MINUTES},
    "a rung late by seconds": rung(LINKED, -1.75),
    "a rung of a session with seconds": rung(replace(LINKED, start=START + timedelta(seconds=55)), 1),
    "a rung of a long session": rung(LONG, -15),
    "the announced time": rung(LINKED, 0, START + timedelta(minutes=10)),
    "after the announced time": rung(LINKED, 2, START + timedelta(minutes=10)),
    "running late, on a notice": lambda tongue, _show: noted_text(
        tongue, START + timedelta(minutes=10), BERLIN
    ),
    "a question": question(LINKED),
    "a question about a gone one": question(GONE),
    "a question about two": question(*TWO),
    "a question about eight": question(*EIGHT),
    "a question of another day": question(LINKED, now=START + timedelta(days=20)),
    "a question about eight of other days": question(*EIGHT, now=START + timedelta(days=20)),
    "answered too late": lambda tongue, _show: over_text(tongue),
    "a sweep of one": sweep(LINKED, whole_day=False),
    "an evening's sweep of one": sweep(LINKED, whole_day=True),
    "an evening's sweep of two": sweep(*TWO, whole_day=True),
    "tomorrow, one": digest("digest-evening", (LINKED,)),
    "tomorrow, two": digest("digest-evening", TWO),
    "today, one": digest("digest-morning", (LINKED,)),
    "today, and one in a leave": digest("digest-morning", (LINKED,), 1),
    "tomorrow, and two in a leave": digest("digest-evening", TWO, 2),
    **{f"odd: {code.value}": odd(code) for code in Oddity},
    "four are odd": odd(Oddity.MOVED, 4),
    "five are odd": odd(Oddity.MOVED, 5),
    "today, in trouble": digest("digest-morning", TWO, practice=STALE, ehr=SIGN_IN),
    **{f"stale since weekday {day}": alert(STALE, START + timedelta(days=day), START) for day in range(7)},
    "sign in again": alert(SIGN_IN, START, None),
    "never in sync": alert(Freshness.NEVER_SYNCED, None, START),
    "lost track": lambda tongue, _show: lost_track_text(tongue, LINKED, BERLIN),
    "no store": lambda tongue, _show: store_text(tongue, "The disk is full.", "Free some space."),
    "no key": lambda tongue, _show: key_text(tongue, "The keyring is locked.", "Unlock it."),
    "a busy store": lambda tongue, _show: store_busy_text(tongue),
    "a store again": lambda tongue, _show: store_works_text(tongue),
    **{f"kept aside, {count} answers": rescue(ASIDE, count) for count in (0, 1, 12)},
    **{f"nothing aside, {count} answers": rescue(None, count) for count in (0, 1, 12)},
    "bare": lambda tongue, _show: bare_text(tongue, START, BERLIN),
    "two sessions joined": lambda tongue, _show: joint_text(tongue, LINKED, START, BERLIN),
    "a cue": lambda tongue, _show: cue_text(tongue, LINKED, None, LINKED.end - timedelta(minutes=5), BERLIN),
    "an opening cue": lambda tongue, show: opening_text(
        tongue, LINKED, timedelta(minutes=-30), START - timedelta(minutes=30), BERLIN, show
    ),
    "how it landed": nudge(LANDING, 8, days=1),
    "a cue before another": lambda tongue, _show: cue_text(
        tongue, LINKED, LINKED.end, LINKED.end - timedelta(minutes=10), BERLIN
    ),
    **{
        f"away, {rung}, {count}": lambda tongue, _show, rung=rung, count=count: away_text(  # type: ignore[misc]
            tongue, rung, count, START, BERLIN
        )
        for rung in ("digest-evening", "digest-morning")
        for count in (1, 2)
    },
    **{f"a repair: {one.rung}": nudge(one.rung, 1) for one in nudges(START) if one.is_contact},
    **{
        f"a repair: {one.rung}, a day later": nudge(one.rung, 1, days=1)
        for one in nudges(START)
        if one.is_contact
    },
    **{f"a repair: step {n} is next": nudge("card-1d", n, days=1) for n in range(1, 10)},
    "a repair: two steps": nudge("card-1d", 3, 5),
    **{f"a rule, a month later: {kind.value}": looked_at(kind) for kind in Kind},
    **{f"a rule, {count} since": looked_at(Kind.EXTRA_RUNG, since=count) for count in range(3)},
    "a rule, too few before": looked_at(Kind.EXTRA_RUNG, before=4),
    "running late": lambda tongue, _show: late_text(tongue, START, BERLIN),
    "a test": lambda tongue, _show: check_text(tongue),
}


@pytest.fixture(params=languages())
def spoken(request: pytest.FixtureRequest) -> Tongue:
    return tongue(request.param)


def every(spoken: Tongue) -> Iterator[tuple[str, Show, Text]]:
    for name, case in CASES.items():
        for show in Show:
            yield name, show, case(spoken, show)


def test_every_text_is_filled_in_and_ends_as_a_sentence(spoken: Tongue) -> None:
    for name, _show, text in every(spoken):
        assert not re.search(r"[{}]|\.\.|\?\.|  ", text.whole), name
        assert text.title.strip() == text.title != "", name
        assert text.body.strip() == text.body, name
        ends = (".", "“", "”", "settle", "sweep", "?", "12", "draft", "skip", "done", "rules")
        assert text.body.endswith(ends), name


def test_every_text_fits_into_a_notice(spoken: Tongue) -> None:
    long = {
        name: text for name, _show, text in every(spoken) if len(text.title) > TITLE or len(text.body) > BODY
    }
    assert long == {}


def test_no_text_tells_more_than_may_be_shown(spoken: Tongue) -> None:
    for name, show, text in every(spoken):
        assert "canary" not in text.whole.lower(), name
        assert show is Show.ALIAS or "AB" not in text.whole, name


def test_the_alias_stands_where_it_was_asked_for(spoken: Tongue) -> None:
    for name in ("rung -5m", "rung 0m", "rung 5m", "a question"):
        assert "AB" in CASES[name](spoken, Show.ALIAS).title, name


def test_two_languages_never_say_the_same() -> None:
    for name, case in CASES.items():
        said = [case(tongue(language), Show.TIME) for language in languages()]
        assert len({text.title for text in said}) == len({text.body for text in said}) == len(said), name


def test_what_a_reader_is_to_type_is_the_same_in_every_language() -> None:
    for name, case in CASES.items():
        said = [case(tongue(language), Show.TIME).whole for language in languages()]
        assert len({tuple(re.findall(r"kepthour [a-z]+", text)) for text in said}) == 1, name


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("session", [LINKED, BARE], ids=["video", "in person"])
def test_every_rung_of_a_ladder_reads_differently(
    spoken: Tongue, profile: str, session: KnownSession
) -> None:
    offsets = [one.offset for one in PROFILES[profile]]
    texts = [rung_text(spoken, session, one, START + one, BERLIN, Show.TIME) for one in offsets]
    assert len({text.title for text in texts}) == len(offsets)


@given(st.lists(st.integers(min_value=-172800, max_value=43200), min_size=2, max_size=4, unique=True))
@pytest.mark.parametrize("language", languages())
def test_no_two_offsets_give_the_same_text(language: str, seconds: list[int]) -> None:
    spans = [timedelta(seconds=one) for one in seconds]
    texts = [rung_text(tongue(language), BARE, one, START + one, BERLIN, Show.TIME) for one in spans]
    assert all(one.title != other.title for one, other in combinations(texts, 2))


def test_labels_are_short_and_differ(spoken: Tongue) -> None:
    labels = [*(label(spoken, key) for key in Key), label_of_both(spoken), label_until_start(spoken)]
    assert len(set(labels)) == len(labels)
    assert all(0 < len(one) <= LABEL and not re.search("[{}]", one) for one in labels)


def test_what_a_text_quotes_is_the_label_of_a_button(spoken: Tongue) -> None:
    labels = {label(spoken, key) for key in Key}
    quoted = {one for _name, _show, text in every(spoken) for one in re.findall("[“„](.+?)[”“]", text.whole)}
    assert quoted
    assert quoted <= labels


class Asked(NullTranslations):
    """English, and a note of every message that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: set[tuple[str | None, str]] = set()

    def gettext(self, message: str) -> str:
        self.messages.add((None, message))
        return message

    def pgettext(self, context: str, message: str) -> str:
        self.messages.add((context, message))
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.messages.add((None, msgid1))
        return msgid1 if n == 1 else msgid2


def test_the_table_above_holds_every_text_there_is() -> None:
    asked = Asked()
    for _case in every(Tongue("en", asked)):
        pass
    for key in Key:
        label(Tongue("en", asked), key)
    label_of_both(Tongue("en", asked))
    notice_of(Tongue("en", asked))
    asking(Tongue("en", asked))
    window_words(Tongue("en", asked))
    assert set(extracted()) - asked.messages == set()
    assert asked.messages - set(extracted()) == set(), "some text is not written as one literal"


def notice_of(spoken: Tongue, minutes: int = -5) -> tuple[tuple[Action, ...], str, str]:
    """The answers and the hint of a rung."""
    offset = timedelta(minutes=minutes)
    due = START + offset
    reminder = Reminder(
        id=1, subject="s", session_id="s", revision=1, rung="x", offset=offset, channel="c", urgency=Urgency.HIGH,
        due_at=due, useful_until=START, skip_in_session=False, state=State.PENDING, why=None, attempts=1,
        problem=None, not_before=due, claimed_at=None, sent_at=None, changed_at=None, reference=None,
    )  # fmt: skip
    notice = rung_notice(reminder, LINKED, due, Showing(BERLIN, Show.TIME, spoken), None)
    return notice.actions, notice.hint, notice.far_hint


@pytest.mark.parametrize(
    ("minutes", "labels", "command"),
    [
        (-60, ["Unterwegs", "Später erinnern"], "ack"),
        (-6, ["Beitreten", "Ich bin da", "Unterwegs", "Später erinnern"], "here"),
        (-5, ["Beitreten", "Ich bin da", "Unterwegs", "Später erinnern"], "here"),
        (-1, ["Beitreten", "Ich bin da", "Unterwegs", "Später erinnern"], "here"),
        (1, ["Beitreten", "Ich bin da", "10 Min. später"], "here"),
    ],
)
def test_answers_are_offered_in_german(minutes: int, labels: list[str], command: str) -> None:
    actions, hint, far = notice_of(tongue("de"), minutes)
    assert [action.label for action in actions] == labels
    assert hint == f"Ein Klick beantwortet nichts. Im Terminal: kepthour {command}"
    assert far == f"Antworten Sie am Computer: kepthour {command}"


def asking(spoken: Tongue, *asked: KnownSession) -> Notice:
    """The question about these, or about one."""
    sessions = asked or (LINKED,)
    reminder = Reminder(
        id=1, subject="s", session_id=None if len(sessions) > 1 else "s", revision=1, rung="question", offset=None,
        channel="c", urgency=Urgency.NORMAL, due_at=START, useful_until=START, skip_in_session=False,
        state=State.PENDING, why=None, attempts=1, problem=None, not_before=START, claimed_at=None, sent_at=None,
        changed_at=None, reference=None,
    )  # fmt: skip
    return question_notice(reminder, sessions, Showing(BERLIN, Show.TIME, spoken), START)


def test_a_question_names_the_day_if_it_is_another_than_today() -> None:
    next_day = replace(LINKED, start=START + timedelta(days=1))

    def asked(days: int, *sessions: KnownSession) -> str:
        return question_text(ENGLISH, sessions, BERLIN, Show.TIME, START + timedelta(days=days)).whole

    assert asked(0, LINKED).startswith("No check-in for 14:00.")
    assert asked(6, LINKED).startswith("No check-in for Wed 14:00.")
    assert asked(7, LINKED).startswith("No check-in for 2026-03-04 14:00.")
    assert "began at Wed 14:00, 15:00, Thu 14:00." in asked(1, *TWO, next_day)
    assert "began at Wed 14:00, Thu 14:00." in asked(2, LINKED, next_day)


def test_a_question_about_one_offers_answers_and_says_how_else_to_give_them() -> None:
    german = asking(tongue("de"))
    assert [action.label for action in german.actions] == [
        "Gehalten",
        "Spät",
        "Allein",
        "Ich fehlte",
    ]
    assert german.hint == "Ein Klick beantwortet nichts: Geben Sie den Befehl im Terminal ein."
    assert german.far_hint == "Antworten Sie am Computer."
    assert [action.label for action in asking(ENGLISH).actions] == ["Held", "Late", "No-show", "I missed it"]


@pytest.mark.parametrize("sessions", [TWO, (GONE,)], ids=["two", "one that is gone"])
def test_what_no_button_can_answer_has_none(sessions: tuple[KnownSession, ...]) -> None:
    notice = asking(ENGLISH, *sessions)
    assert (notice.actions, notice.hint, notice.far_hint) == ((), "", "")


@pytest.mark.parametrize(
    ("name", "title", "body"),
    [
        ("rung -15m", "Sitzung um 14:00 Uhr beginnt in 15 Minuten",
         "50 Minuten. Kommen Sie zum Ende, und machen Sie sich bereit."),
        ("rung 1m with a link", "Sitzung um 14:00 Uhr hat vor 1 Minute begonnen",
         "50 Minuten, Video. Sie werden erwartet. Bitte bestätigen Sie, dass Sie da sind."),
        ("a rung late by seconds", "Sitzung um 14:00 Uhr beginnt in 1 Minute 45 Sekunden",
         "50 Minuten, Video. Treten Sie jetzt bei, oder bestätigen Sie: „Ich bin da“."),
        ("a rung of a long session", "Sitzung um 14:00 Uhr beginnt in 15 Minuten",
         "1 Stunde 30 Minuten, Video. Kommen Sie zum Ende, und machen Sie sich bereit."),
        ("a question", "Keine Rückmeldung für 14:00 Uhr. Was ist passiert?",
         "Alle Antworten: kepthour settle"),
        ("a question about two", "2 Sitzungen ohne Rückmeldung. Was ist passiert?",
         "Beginn: 14:00, 15:00 Uhr. Der Reihe nach beantworten: kepthour sweep"),
        ("tomorrow, one", "Morgen: 1 Sitzung, um 14:00 Uhr",
         "Alle Kalender sind aktuell. Den Tag zeigt: kepthour agenda."),
        ("sign in again", "Kalender practice: bitte neu anmelden", "Zuletzt abgeglichen: Mi, 14:00 Uhr."),
    ],
)  # fmt: skip
def test_german_reads_as_german(name: str, title: str, body: str) -> None:
    assert CASES[name](tongue("de"), Show.TIME) == Text(title, body)


class Spoilt(NullTranslations):
    """A catalogue by somebody who mistook a placeholder."""

    def gettext(self, message: str) -> str:
        return message.replace("{clock}", "{uhr}")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "{count"


def test_a_slip_in_a_catalogue_costs_the_language_and_not_the_reminder() -> None:
    spoilt = Tongue("xx", Spoilt())
    for name in ("rung -5m", "today, one", "tomorrow, two"):
        assert CASES[name](spoilt, Show.TIME) == CASES[name](ENGLISH, Show.TIME)
