"""The running clock and the Alt keys, as the window shows them."""

from __future__ import annotations

import pytest

from kepthour.channels.takeover.display import read_environment
from kepthour.channels.takeover.typography import clock, plain, with_mnemonics
from kepthour.core.tongue import ENGLISH
from kepthour.core.window import window_words
from kepthour.languages import tongue

WORDS = {"en": window_words(ENGLISH), "de": window_words(tongue("de"))}
START = 1_000_000.0


@pytest.mark.parametrize(
    ("now", "english", "german"),
    [
        (-3725.0, "in 1:02:05", "in 1:02:05"),
        (-60.0, "in 1:00", "in 1:00"),
        (-42.0, "in 0:42", "in 0:42"),
        (-41.001, "in 0:42", "in 0:42"),
        (-0.001, "in 0:01", "in 0:01"),
        (0.0, "now", "jetzt"),
        (0.999, "now", "jetzt"),
        (1.0, "began 0:01 ago", "seit 0:01"),
        (70.5, "began 1:10 ago", "seit 1:10"),
    ],
)
def test_the_clock_runs_to_the_start_and_on(now: float, english: str, german: str) -> None:
    assert clock(WORDS["en"], START, START + now) == english
    assert clock(WORDS["de"], START, START + now) == german


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["Join", "I'm here", "10 min late"], ["&Join", "&I'm here", "&10 min late"]),
        (["Später erinnern", "Sitzung vorbei"], ["&Später erinnern", "S&itzung vorbei"]),
        (["A", "a", "&a"], ["&A", "a", "&&a"]),
        (["“Ja” & nein"], ["“&Ja” && nein"]),
        ([], []),
    ],
)
def test_every_answer_has_a_letter_of_its_own_while_there_are_some(
    labels: list[str], shown: list[str]
) -> None:
    assert with_mnemonics(labels) == shown


def test_a_label_without_a_key_reads_as_it_is() -> None:
    assert plain("this & that") == "this && that"


def test_the_desktop_is_found_through_the_service_manager() -> None:
    text = "HOME=/home/a\nDISPLAY=:0\nXAUTHORITY=$'/run/user/1000/.a b'\n"
    text += "WAYLAND_DISPLAY='wayland-0'\nXDG_SESSION_TYPE=\"x\n"
    assert read_environment(text) == {
        "DISPLAY": ":0",
        "XAUTHORITY": "/run/user/1000/.a b",
        "WAYLAND_DISPLAY": "wayland-0",
    }
