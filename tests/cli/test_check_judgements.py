"""What `kepthour check` makes of facts that no test can bring about on the machine it runs on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kepthour.checks import heartbeat, service, store, timekeeping
from kepthour.checks.daemon import judged
from kepthour.checks.record import State
from kepthour.config import HeartbeatConfig
from kepthour.core.heartbeat import Problem, Record
from kepthour.service.files import Standing
from kepthour.store.watches import Watch
from kepthour_connectors.secrets import Secret

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DB = Path("/somewhere/kepthour.db")


@pytest.mark.parametrize(("room", "enough"), [(0, False), (99_999_999, False), (100_000_000, True)])
def test_a_disk_with_little_room_is_told_before_it_is_full(room: int, enough: bool) -> None:
    assert (store.disk(DB, room) is None) is enough


def test_a_folder_in_which_nothing_can_be_made_is_a_problem(tmp_path: Path) -> None:
    assert store.folder(tmp_path / "kepthour.db") is None
    found = store.folder(tmp_path / "missing" / "kepthour.db")
    assert found is not None and found.critical


@pytest.mark.parametrize(
    ("system", "state"),
    [
        ("Europe/Berlin", State.OK),
        ("Europe/Vienna", State.OK),  # another name for the same times
        ("Africa/Algiers", State.PROBLEM),  # the same time in March, and not in summer
        ("America/New_York", State.PROBLEM),
        (None, State.SKIPPED),
    ],
)
def test_zones_are_the_same_if_they_mean_the_same_times_all_year(system: str | None, state: State) -> None:
    zone = ZoneInfo(system) if system else None
    assert timekeeping.zones(ZoneInfo("Europe/Berlin"), zone, NOW).state is state


@pytest.mark.parametrize(
    ("systemd", "kernel", "told"),
    [
        ("yes", 16_000_000, True),
        ("no", 500, False),
        (None, 15_999_999, True),
        (None, 16_000_000, None),  # a container's host may keep it right
    ],
)
def test_where_systemd_is_not_there_to_say_the_kernel_is_asked(
    systemd: str | None, kernel: int, told: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(timekeeping, "kernel_error", lambda: kernel)
    if systemd is not None:
        (tmp_path / "timedatectl").write_text(f"#!/bin/sh\necho {systemd}\n")
        (tmp_path / "timedatectl").chmod(0o755)
    assert timekeeping.synchronised() is told


def test_the_kernel_says_how_wrong_its_clock_may_be() -> None:
    assert 0 < timekeeping.kernel_error() <= 16_000_000


@pytest.mark.parametrize(
    ("pid", "seen", "version", "state", "critical"),
    [
        (7, timedelta(seconds=30), "1", State.OK, False),
        (7, timedelta(seconds=61), "1", State.PROBLEM, True),
        (7, -timedelta(seconds=61), "1", State.PROBLEM, True),  # the clock was set back: it proves nothing
        (7, None, "1", State.PROBLEM, True),
        (7, timedelta(), "0", State.PROBLEM, False),  # another version than the one that is installed
        (None, timedelta(), "1", State.PROBLEM, True),
    ],
)
def test_the_daemon_is_well_if_it_runs_and_its_last_sign_of_life_is_fresh(
    pid: int | None, seen: timedelta | None, version: str, state: State, critical: bool
) -> None:
    watch = Watch(NOW - timedelta(hours=9), NOW - seen, None, 7, version) if seen is not None else None
    (found,) = judged(pid, watch, "1", NOW)
    assert (found.state, found.critical) == (state, critical)


@pytest.mark.parametrize(
    ("ago", "problem", "state"),
    [
        (timedelta(minutes=4), None, State.OK),
        (timedelta(minutes=10), Problem.TIMEOUT, State.OK),  # one may fail
        (timedelta(minutes=12), Problem.TIMEOUT, State.PROBLEM),
        (timedelta(minutes=12), None, State.PROBLEM),
        (-timedelta(hours=1), None, State.PROBLEM),
        (None, None, State.PROBLEM),
    ],
)
def test_a_heartbeat_is_well_if_the_service_heard_of_one_lately(
    ago: timedelta | None, problem: Problem | None, state: State
) -> None:
    wanted = HeartbeatConfig(Secret(env="BEAT"), timedelta(minutes=5))
    record = Record(NOW - ago if ago is not None else None, problem)
    (found,) = heartbeat.examine(record, wanted, NOW)
    assert (found.state, found.critical) == (state, False)


WELL = service.Found(
    Standing.INSTALLED,
    {"UnitFileState": "enabled", "ActiveState": "active", "MainPID": "7"},
    "/usr/bin/kepthour",
    is_there=True,
    both=False,
    lingers=True,
)
AGAIN = {"UnitFileState": "enabled", "ActiveState": "activating", "SubState": "auto-restart"}


@pytest.mark.parametrize(
    ("change", "pid", "found"),
    [
        ({}, 7, [("ok", "enabled, and starts this program. It starts with the machine")]),
        ({"lingers": False}, 7, [("ok", "while you are logged in (else: loginctl enable-linger)")]),
        ({"standing": Standing.NOT_INSTALLED}, 7, [("problem", "not installed")]),
        ({"standing": Standing.NOT_INSTALLED, "both": True}, 7, [("skipped", "The system's service is installed")]),
        ({"standing": Standing.DIFFERS}, 7, [("problem", "another than this program would write")]),
        ({"is_there": False}, 7, [("PROBLEM", "starts /usr/bin/kepthour, which is not there")]),
        ({"state": {"UnitFileState": "disabled"}}, 7, [("problem", "not enabled")]),
        ({"both": True}, 7, [("problem", "two daemons would remind")]),
        ({"state": {"UnitFileState": "enabled", "ActiveState": "failed"}}, None, [("PROBLEM", "It failed")]),
        ({"state": AGAIN}, None, [("PROBLEM", "ends again and again")]),
        ({}, 8, [("problem", "A daemon runs (process 8) that is not the service's")]),
        ({"state": {"UnitFileState": "enabled"}}, 8, [("ok", "installed")]),  # systemd cannot be asked
    ],
)  # fmt: skip
def test_what_is_made_of_the_service(
    change: dict[str, Any], pid: int | None, found: list[tuple[str, str]]
) -> None:
    told = service.judged(replace(WELL, **change), pid)
    assert len(told) == len(found)
    for one, (state, what) in zip(told, found, strict=True):
        assert (one.state.value.upper() if one.critical else one.state.value) == state
        assert what in one.what
        assert (one.remedy is not None) is (one.state is State.PROBLEM)
