"""`check` tells of each source of evidence whether it can look here, and how to mend what is in its way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kepthour.checks import evidence
from kepthour.checks.record import Check, State
from kepthour.config.reading import load
from kepthour.core.spells import Sign
from tests.support.clock import FakeClock
from tests.support.day import CONFIG, FakePlugins
from tests.support.fixtures import require
from tests.support.logind import Desktops, Logind, missing_for_desktops
from tests.support.players import Stubs

CALL, DESKTOP, EDITS, SEEN = (
    f'[[evidence]]\ntype = "{kind}"\n' for kind in ("call", "desktop", "edits", "seen")
)


class Checked:
    """One configuration, looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plugins = FakePlugins(FakeClock(datetime(2026, 3, 2, 9, tzinfo=UTC)))

    def all(self, config: str) -> list[Check]:
        file = self.folder / "config.toml"
        file.write_text(config, encoding="utf-8")
        return evidence.examine(load(file, self.plugins), self.plugins)

    def __call__(self, more: str) -> Check:
        (found,) = self.all(CONFIG + more)
        assert not found.critical  # no reminder depends on it
        return found


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    return Checked(tmp_path)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stubs:
    """The whole PATH: nothing is on it."""
    stubs = Stubs(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(stubs.folder))
    return stubs


def test_where_nothing_was_asked_for_nothing_is_looked_at(checked: Checked) -> None:
    found = checked("")
    assert (found.subject, found.state) == (None, State.SKIPPED)
    assert "docs/evidence.md" in found.what


def test_a_call_cannot_be_seen_without_a_program_that_asks(checked: Checked, path: Stubs) -> None:
    found = checked(CALL)
    assert (found.subject, found.state) == ("call", State.PROBLEM)
    assert "neither pw-dump nor pactl" in found.what
    assert found.remedy and "pipewire-bin" in found.remedy


def test_a_call_cannot_be_seen_where_no_sound_server_answers(checked: Checked, path: Stubs) -> None:
    path.broken("pactl")
    found = checked(CALL)
    assert (found.state, found.what) == (State.PROBLEM, "No sound server answers pactl.")


@pytest.mark.parametrize(
    ("streams", "what"),
    [
        ([], "It can look. Just now it sees nothing."),
        (
            [{"properties": {"application.process.binary": "zoom"}}],
            "It can look. Just now a meeting program uses the microphone or the camera.",
        ),
    ],
)
def test_a_call_is_seen_by_whoever_tries_it_out(
    checked: Checked, path: Stubs, streams: list[object], what: str
) -> None:
    said = json.dumps({"sources": [], "source_outputs": streams, "sink_inputs": []})
    path.program("pactl", f"#!/bin/sh\necho '{said}'\n")
    found = checked(CALL)
    assert (found.state, found.what) == (State.OK, what)


def test_a_desktop_is_not_to_be_seen_without_a_system_bus(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    found = checked(DESKTOP)
    assert (found.subject, found.state) == ("desktop", State.PROBLEM)
    assert "no system bus" in found.what


def test_a_desktop_is_not_to_be_seen_where_logind_knows_no_sessions(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(missing_for_desktops())
    with Logind() as silent:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", silent.address)
        found = checked(DESKTOP)
    assert (found.state, found.what) == (State.PROBLEM, "logind does not answer.")


def test_a_desktop_is_seen_once_there_is_one(checked: Checked, logind: Desktops) -> None:
    found = checked(DESKTOP)
    assert (found.state, found.what) == (State.PROBLEM, "logind knows of no desktop of yours.")
    logind.log_in("1")
    logind.lock("1")
    found = checked(DESKTOP)
    assert (found.state, found.what) == (State.OK, "It can look. Just now the desktop is locked.")
    logind.leave_idle("1")
    assert checked(DESKTOP).what == "It can look. Just now the desktop is idle and the desktop is locked."


def test_edits_need_nothing(checked: Checked) -> None:
    found = checked(EDITS)
    assert (found.subject, found.state) == ("edits", State.OK)


def test_the_account_of_a_calendar_is_asked_in_a_session_only(checked: Checked) -> None:
    (found,) = checked.all(CONFIG.replace('type = "memory"', 'type = "memory"\nevidence = "room"'))
    assert (found.subject, found.state) == ("practice", State.SKIPPED)
    assert checked.plugins.room.asked == []


@pytest.mark.parametrize(
    ("signs", "state", "what"),
    [
        (frozenset({Sign.IDLE}), State.OK, "the desktop is idle"),
        (None, State.PROBLEM, "It can see nothing here."),
        (RuntimeError("a word that nobody else may read"), State.PROBLEM, "inside it (RuntimeError)."),
    ],
)
def test_a_source_of_somebody_else_s_is_looked_through(
    checked: Checked, signs: frozenset[Sign] | Exception | None, state: State, what: str
) -> None:
    checked.plugins.seen.signs = signs
    found = checked(SEEN)
    assert found.state is state
    assert what in found.what


def test_a_source_that_never_answers_is_not_waited_for(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "_SECONDS", 0.01)
    checked.plugins.seen.silent = True
    assert "did not answer" in checked(SEEN).what


def test_each_source_has_a_line_of_its_own(checked: Checked, path: Stubs) -> None:
    found = checked.all(CONFIG + SEEN + EDITS + CALL)
    assert [one.subject for one in found] == ["seen", "call", "edits"]
