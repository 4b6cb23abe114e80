"""The user's own templates go first; one that is broken costs nothing but itself, and says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.checks.templates import examine
from kepthour.drafts.render import Rendered, render
from tests.drafts.cases import CASES, NOWHERE

GOOD = """\
Hello [name],

on {{ weekday }}, {{ date }}, at {{ time }} I was not there.

{% include "_times.j2" %}

[me]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates" / "en").mkdir(parents=True)
    return tmp_path / "templates"


def write(folder: Path, text: str, name: str = "missed-message", language: str = "en") -> Path:
    file = folder / language / f"{name}.j2"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def made(folder: Path, case: str = "missed-message", language: str = "en", seconds: float = 20) -> Rendered:
    return render(CASES[case], language, folder, seconds)


def built_in(case: str = "missed-message", language: str = "en") -> str:
    return render(CASES[case], language, NOWHERE).text


def test_the_users_own_goes_before_the_built_in_one(folder: Path) -> None:
    file = write(folder, GOOD)
    found = made(folder)
    assert found.text == "Hello [name],\n\non Monday, 2 March, at 14:00 I was not there.\n\n[times]\n\n[me]"
    assert (found.own, found.problem, found.warnings) == ((file,), None, ())
    assert found.placeholders == ("[name]", "[times]", "[me]")


def test_it_counts_for_its_language_and_its_name_alone(folder: Path) -> None:
    write(folder, GOOD)
    assert made(folder, language="de").text == built_in(language="de")
    assert made(folder, "missed-letter").text == built_in("missed-letter")
    assert made(folder, "missed-letter").own == ()


def test_a_part_alone_can_be_the_users_own(folder: Path) -> None:
    file = write(folder, "I was not at my desk.", "_reason")
    found = made(folder, "missed-message-all")
    assert "I was not at my desk." in found.text
    assert "I overlooked" not in found.text
    assert found.own == (file,)


def test_the_subject_can_be_the_users_own(folder: Path) -> None:
    write(folder, "About\nMonday\n", "subject")
    assert made(folder).subject == "About Monday"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("Fine.\n{% if late %}\nOops", 2, "if"),
        ("Fine.\n{{ nmae }}", 2, "'nmae' is undefined"),
        ("{{ weekday.month }}", 1, "has no attribute"),
        ("Fine.\n\n{{ 1 // 0 }}", 3, "division"),
        ("{% include 'not-there.j2' %}", 1, "not-there.j2"),
        ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ times.append('x') }}", 1, "append"),
        ("{% include 'missed-message.j2' %}", 1, "recursion"),
        ("{% for n in range(10 ** 9) %}{% endfor %}", 1, "too big"),
    ],
)
def test_a_broken_one_leaves_the_built_in_text_and_says_where(
    folder: Path, text: str, line: int, what: str
) -> None:
    file = write(folder, text)
    found = made(folder)
    assert found.text == built_in()
    assert found.own == ()
    assert found.problem is not None
    assert found.problem.startswith(f"{file}, line {line}: ")
    assert what in found.problem


def test_one_that_never_ends_is_ended(folder: Path) -> None:
    loops = "".join(f"{{% for n{level} in range(90000) %}}" for level in range(4)) + "{% endfor %}" * 4
    write(folder, loops)
    found = made(folder, seconds=0.2)
    assert found.text == built_in()
    assert "not done after 0.2 seconds" in (found.problem or "")


def test_a_part_that_is_broken_is_named_and_not_what_includes_it(folder: Path) -> None:
    file = write(folder, "\n{{ reson }}", "_reason")
    found = made(folder, "missed-message-all")
    assert found.text == built_in("missed-message-all")
    assert (found.problem or "").startswith(f"{file}, line 2: ")


def test_one_that_is_far_too_long_leaves_the_built_in_text(folder: Path) -> None:
    file = write(folder, "{% for n in range(30000) %}{{ n }}, {% endfor %}")
    found = made(folder)
    assert found.text == built_in()
    assert found.problem == f"{file}: its text is longer than 20000 characters"


def test_one_that_is_no_text_leaves_the_built_in_one(folder: Path) -> None:
    file = write(folder, "")
    file.write_bytes(b"\xff\xfe\x00")
    found = made(folder)
    assert found.text == built_in()
    assert (found.problem or "").startswith(f"{file}: ")
    assert "utf-8" in (found.problem or "")


def test_a_broken_one_does_not_matter_where_it_is_not_used(folder: Path) -> None:
    write(folder, "{{", "late-message")
    assert made(folder).problem is None


def test_turns_that_hurt_are_told_and_the_text_stays_the_users_own(folder: Path) -> None:
    write(folder, GOOD.replace("I was not there.", "I was not there. I am sorry if that was hard."))
    found = made(folder)
    assert "sorry if" in found.text
    assert len(found.warnings) == 1
    assert "line 3, “sorry if”" in found.warnings[0]


def test_what_stands_for_the_times_can_be_the_users_own_and_is_an_offer_still(folder: Path) -> None:
    write(folder, "[when?]", "_times")
    assert "[when?]" in made(folder).text
    assert made(folder).warnings == ()


def test_a_shape_that_hurts_is_told(folder: Path) -> None:
    write(folder, "Hello.\n\nI am sorry.\n\n[me]")
    assert made(folder).warnings == (
        "In the text of missed-message: day and time of what happened do not stand in the first line.",
        "In the text of missed-message: no times are offered.",
    )


def test_a_file_that_is_no_templates_is_told_with_the_names_there_are(folder: Path) -> None:
    file = write(folder, GOOD, "missed-mesage")
    write(folder, "Yours", "_mine")
    found = made(folder)
    assert found.text == built_in()
    (warning,) = found.warnings
    assert warning.startswith(f"{file} is the name of no template.")
    assert "missed-message" in warning
    assert "_times" not in warning


def test_a_note_for_supervision_cannot_be_given_a_day(folder: Path) -> None:
    write(folder, "On {{ date }} I missed a session.", "note-supervision")
    found = made(folder, "note-supervision")
    assert found.text == built_in("note-supervision")
    assert "'date' is undefined" in (found.problem or "")


def states(folder: Path) -> list[tuple[str | None, str, str]]:
    return [(one.subject, one.state.value, one.what) for one in examine(folder)]


def test_who_has_no_templates_is_told_nothing_by_check(folder: Path) -> None:
    assert examine(folder / "nowhere") == []
    assert examine(folder) == []


def test_check_tells_which_of_the_users_own_can_be_used(folder: Path) -> None:
    write(folder, GOOD)
    write(folder, "About Monday", "subject")
    assert states(folder) == [
        ("en", "ok", "Your own templates can be used: subject.j2, missed-message.j2."),
    ]


def test_check_finds_what_is_broken_or_hurts_before_it_is_needed(folder: Path) -> None:
    write(folder, GOOD.replace("[me]", "{% if repeat %}{{ nmae }}{% endif %}"))  # only of a repeat
    file = write(folder, "{{", "note-record", "de")
    write(folder, GOOD.replace("was not there", "was not there, and sorry if that hurt"), "late-message")
    write(folder, GOOD, "late-mesage")
    (folder / "fr").mkdir()
    found = states(folder)
    assert [(subject, state) for subject, state, _what in found] == [
        ("fr", "problem"), ("de", "problem"), ("en", "problem"), ("en", "problem"), ("en", "problem"),
    ]  # fmt: skip
    said = [what for _subject, _state, what in found]
    assert said[1].startswith(f"{file}, line 1: ")
    assert "line 7: 'nmae' is undefined" in said[2]
    assert sum("In the text of late-message: line 3, “sorry if”" in one for one in said) == 1
    assert sum("late-mesage.j2 is the name of no template" in one for one in said) == 1
    assert not any(one.critical for one in examine(folder))
