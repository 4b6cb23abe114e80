"""Whatever is asked, in whatever words, the command ends with a sentence. A longer run: `python -m tests.fuzz`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepthour.core.plain import plain
from tests.fuzz import values
from tests.fuzz.commands import LEAVES, command_lines
from tests.fuzz.used import Used, used_world
from tests.fuzz.whole import FEW, given_to


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    folder = tmp_path_factory.mktemp("used")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield used_world(folder)


@given(st.data())
@FEW
def test_whatever_the_words_are_the_command_says_a_sentence(used: Used, data: st.DataObject) -> None:
    given_to(used, data.draw(command_lines(used.ids)))


def test_every_command_is_among_them() -> None:
    words = {" ".join(leaf.words) for leaf in LEAVES}
    assert {
        "agenda",
        "repair",
        "repair hold",
        "repair rules",
        "auth google",
        "service show",
        "purge",
    } <= words
    assert len(words) > 35


@pytest.mark.parametrize(
    "args",
    [
        ("sync", "practice", "practice"),
        ("sync", "\x1b[31m\u202e"),
        ("here", "--session", "\udcff"),
        ("repair", values.LONG),
        ("repair", "1", "draft", "--client", values.LONG),
        ("\x9f",),
        ("export", "--output", values.LONG),
        ("export", "--output", "~nobody-here/x"),
        ("store", "encrypt", "--key-file", "~nobody-here/x"),
        ("store", "encrypt", "--key-file", values.LONG),
        ("init", "--no-input", "--config", values.LONG),
        ("init", "--config", values.LONG),
        ("agenda", "--config", values.LONG),
        ("agenda", "--from", "9999-12-31", "--to", "0001-01-01"),
        ("agenda", "--from", "9999-12-31", "--to", "9999-12-31"),
        ("explain", "AB", "--from", "0001-01-01", "--to", "0001-01-01"),
    ],
    ids=lambda args: " ".join(args)[:30].encode("unicode_escape").decode(),
)
def test_what_was_found_once(used: Used, args: tuple[str, ...]) -> None:
    given_to(used, list(args))


def test_a_calendar_named_twice_is_asked_once(used: Used) -> None:
    found = used.world.json("sync", "practice", "practice")["calendars"]
    assert [one["name"] for one in found] == ["practice"]


def test_what_is_said_commands_no_terminal_and_fits() -> None:
    assert plain("Ärger 👩‍👩‍👧\n\tx") == "Ärger 👩‍👩‍👧\n\tx"
    assert plain("\x1b[31m\u202e\udcff\x9f") == "\\u001b[31m\\u202e\\udcff\\u009f"
    assert plain("a" * 5000) == f"{'a' * 300} … {'a' * 300}"
