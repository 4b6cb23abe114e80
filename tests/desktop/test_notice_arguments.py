"""What a notification server is asked for, by what it can do. Needs no desktop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kepthour.channels.desktop.notices import arguments, drawing
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Key, Notice

HERE, JOIN = Action(Key.HERE, "I'm here"), Action(Key.JOIN, "Join")
NOTICE = Notice(
    delivery="7", subject="abc", rung="-5m", urgency=Urgency.NORMAL, title="Session at 14:00 starts in 5 min",
    text="50 min, <video> & more.", start=None, end=None, actions=(JOIN, HERE), stays=False,
)  # fmt: skip


def asked(notice: Notice, server: str = "gnome-shell", *capabilities: str) -> dict[str, Any]:
    names = ("app", "replaces", "icon", "summary", "body", "actions", "hints", "expires")
    return dict(
        zip(names, arguments(notice, drawing(server, {"body", *capabilities}), replaces=0), strict=True)
    )


def test_a_server_that_takes_actions_gets_them_and_no_default_one() -> None:
    assert asked(NOTICE, "gnome-shell", "actions")["actions"] == ["join", "Join", "here", "I'm here"]


def test_a_server_that_takes_no_actions_gets_none() -> None:
    assert asked(NOTICE)["actions"] == []


@pytest.mark.parametrize(
    ("server", "capabilities", "hint", "ending"),
    [
        ("gnome-shell", ("actions",), "Type: here", "more."),
        ("gnome-shell", (), "Type: here", "more. (Type: here)"),
        ("dunst", ("actions",), "Type: here", "more. (Type: here)"),
        ("mako", ("actions",), "Type:\0ack", "more. (Type: ack)"),
        ("dunst", ("actions",), "", "more."),
    ],
)
def test_where_no_buttons_are_drawn_the_text_says_how_to_answer(
    server: str, capabilities: tuple[str, ...], hint: str, ending: str
) -> None:
    assert asked(replace(NOTICE, hint=hint), server, *capabilities)["body"].endswith(ending)


@pytest.mark.parametrize(
    ("server", "title", "body"),
    [
        ("Xfce Notify Daemon", "T" * 37, "T" * 37 + "\nText."),
        ("Xfce Notify Daemon", "T" * 36, "Text."),
        ("gnome-shell", "T" * 37, "Text."),
    ],
)
def test_a_title_that_would_be_cut_off_stands_in_the_text_too(server: str, title: str, body: str) -> None:
    assert asked(replace(NOTICE, title=title, text="Text."), server, "actions")["body"] == body


def test_markup_is_escaped_for_servers_that_read_it_and_only_for_them() -> None:
    assert asked(NOTICE, "x", "actions", "body-markup")["body"] == "50 min, &lt;video&gt; &amp; more."
    assert asked(NOTICE, "x", "actions")["body"] == "50 min, <video> & more."


@pytest.mark.parametrize(
    ("urgency", "level"),
    [(Urgency.PASSIVE, 0), (Urgency.NORMAL, 1), (Urgency.HIGH, 2), (Urgency.CRITICAL, 2)],
)
def test_what_has_to_stay_is_critical_for_the_server(urgency: Urgency, level: int) -> None:
    assert asked(replace(NOTICE, urgency=urgency))["hints"]["urgency"].value == level


@pytest.mark.parametrize(("stays", "expires"), [(True, 0), (False, -1)])
def test_a_notice_that_stays_never_expires(stays: bool, expires: int) -> None:
    assert asked(replace(NOTICE, stays=stays))["expires"] == expires


def test_only_what_replaces_its_like_is_silent() -> None:
    plain, silent = (arguments(NOTICE, drawing("x", {"body"}), 7, silent=on)[6] for on in (False, True))
    assert silent.keys() - plain.keys() == {"suppress-sound"}
    assert (silent["suppress-sound"].signature, silent["suppress-sound"].value) == ("b", True)


def test_no_notice_is_transient_or_resident() -> None:
    assert asked(NOTICE)["hints"].keys() == {"urgency", "category", "desktop-entry"}
