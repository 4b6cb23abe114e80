"""Every text for a client, and every note, word by word, in both languages; and what holds for all of them."""

from __future__ import annotations

import re

import pytest

from kepthour.core.drafts import Length, Reason
from kepthour.drafts.render import BUILT_IN, languages, names, render
from kepthour.drafts.turns import misshapen, turns
from kepthour.drafts.values import values
from tests.drafts.cases import CASES, NOWHERE, TEXTS, texts

LANGUAGES = ("de", "en")
TEMPLATES = [f"{language}/{name}" for language in LANGUAGES for name in names(language)]
FORBIDDEN_IN_SUBJECT = re.compile(r"therap|session|sitzung|praxis|practice|missed|versäumt|sorry|leid", re.I)


def test_both_languages_have_the_same_templates() -> None:
    assert languages() == LANGUAGES
    assert names("de") == names("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_as_it_was_read(language: str) -> None:
    written = {file.stem: file.read_text(encoding="utf-8") for file in (TEXTS / language).glob("*.txt")}
    assert texts(language) == written, "read the difference; then: python -m tests.drafts.cases"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_and_each_of_its_conditions_stands_in_a_text(template: str) -> None:
    name = template.split("/")[1]
    if name.startswith("_") or name == "subject":
        return
    source = (BUILT_IN / f"{template}.j2").read_text(encoding="utf-8")
    cases = [values_of(case) for case, draft in CASES.items() if draft.template == name]
    assert cases
    for condition in re.findall(r"{%-? if (\w+) %}|{{ (\w+) or ", source):
        fact = "".join(condition)
        assert {bool(case[fact]) for case in cases} == {True, False}, fact


def values_of(case: str) -> dict[str, object]:
    class Words:
        weekdays = ("Monday",)

        def date(self, _day: object) -> str:
            return ""

        moment = date

    return values(CASES[case], Words()) | ({"contacted": CASES[case].context.contacted_at})


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_template_has_a_turn_that_hurts(template: str) -> None:
    language = template.split("/", maxsplit=1)[0]
    source = (BUILT_IN / f"{template}.j2").read_text(encoding="utf-8")
    assert turns(source, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_no_text_has_a_turn_that_hurts(case: str, language: str) -> None:
    assert turns(render(CASES[case], language, NOWHERE).text, language) == []


@pytest.mark.parametrize(
    ("language", "fact", "offer"),
    [
        ("en", ("Monday, 2 March", "14:00"), "[times]"),
        ("de", ("Montag, dem 2. März", "14:00 Uhr"), "[Termine]"),
    ],
)
@pytest.mark.parametrize("case", [name for name, draft in CASES.items() if draft.is_for_the_client])
def test_what_happened_comes_first_and_the_offer_of_times_last(
    case: str, language: str, fact: tuple[str, str], offer: str
) -> None:
    draft = CASES[case]
    made = render(draft, language, NOWHERE)
    assert list(misshapen(made.text, fact, offer, spoken=draft.is_spoken)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", [name for name, draft in CASES.items() if draft.is_for_the_client])
def test_no_cause_is_told_that_nobody_picked(case: str, language: str) -> None:
    made = render(CASES[case], language, NOWHERE).text
    sentences = {
        (TEXTS / language / f"reason-{reason}.txt").read_text(encoding="utf-8").split(". ")[-1].strip()
        for reason in Reason
    }
    told = {sentence for sentence in sentences if sentence in made}
    assert len(sentences) == len(Reason)
    assert len(told) == (1 if CASES[case].context.reason else 0)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_a_subject_tells_nothing_of_therapy(case: str, language: str) -> None:
    assert not FORBIDDEN_IN_SUBJECT.search(render(CASES[case], language, NOWHERE).subject)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("length", Length)
def test_what_was_missed_is_not_charged_and_what_was_late_says_nothing_of_money(
    length: str, language: str
) -> None:
    free = {"en": "You will not be charged", "de": "wird nicht abgerechnet"}[language]
    for who in ("", "parent-"):
        assert free in render(CASES[f"missed-{who}{length}"], language, NOWHERE).text
        assert free not in render(CASES[f"late-{who}{length}"], language, NOWHERE).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("note-supervision")])
def test_a_note_for_supervision_has_no_day_no_time_and_no_card(case: str, language: str) -> None:
    text = render(CASES[case], language, NOWHERE).text
    named = re.findall(r"[A-Z]\w+day\b|\b\w+tag\b|\b(?:March|März)\b|\d+:\d+|repair", text)
    assert named == []
    assert re.findall(r"\d+", text) == ["10", "2026"]
