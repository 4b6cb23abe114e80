"""The rig of `make bench` itself, on a calendar so small that its figures say nothing."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import recurring_ical_events
from icalendar import Calendar
from rich.console import Console

from bench import holding, inside, polling, reading, sizes, sync
from bench.alone import measured
from bench.calendar_of_a_practice import monday, part_near_now, resources
from bench.measuring import OURS, Cost, Failed, Row, Setting, in_turn, is_met, rank, run
from bench.table import document, markdown

EVENTS = 20


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(rounds=1, events=EVENTS, peers=False, build=tmp_path, tell=lambda _line: None)


def test_a_sync_is_measured_with_what_goes_over_the_wire(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "SERVERS", ("Xandikos",))
    rows = {row.work: row.ours[0] for row in sync.measure(setting)}
    first, again, one = f"first sync, {EVENTS} events, Xandikos", "sync without news", "sync of one change"
    assert rows[f"{first}: requests"] == rows[f"{one}, Xandikos: requests"] == 3
    assert rows[f"{again}, Xandikos: requests"] == 2  # the server's question for the password, and the answer
    assert rows[f"{first}: on the wire"] > rows[f"{one}, Xandikos: on the wire"]
    assert 0 < rows[f"{again}, Xandikos: processor"] < 60
    assert 20 < rows[f"{again}, Xandikos: memory at most"] < 500


def test_a_poll_is_measured_beside_a_report_on_a_server_that_has_read_its_calendar(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "SERVERS", ("Radicale",))
    (row,) = polling.measure(setting)
    assert row.peer == "a bare REPORT"
    assert len(row.ours) == len(row.theirs) > 0


def test_sizes_are_measured_in_turn_each_beside_the_next_smaller(setting: Setting) -> None:
    told: list[str] = []
    rows = {row.work: row for row in sizes.measure(replace(setting, sizes=(20, 10), tell=told.append))}
    for work in (
        "sync without news",
        "sync of one change",
        "poll without news",
        "poll of one change",
        "plan",
    ):
        row = rows[f"{work}: processor, 20 events"]
        assert (row.peer, row.of_peer, len(row.ours)) == ("10 events", sizes.GROWTH, len(row.theirs))
        assert min(*row.ours, *row.theirs) > 0
    assert rows["first poll, 10 events"].peer is None
    assert rows["store, 20 events"].ours[0] > 0
    assert told.count("agenda of 14 days: processor: round 1") == 1  # of both


def test_what_is_done_often_counts_by_its_median(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spent, ends, pauses = iter([0, 0.004, 0, 0.9, 0, 0.005]), iter([0.0, 0.2, 0.4, 0.6]), list[float]()
    took = SimpleNamespace(
        process_time=lambda: next(spent), monotonic=lambda: next(ends), sleep=pauses.append
    )
    monkeypatch.setattr(inside, "opened", lambda _file: SimpleNamespace(replan=lambda: None))
    monkeypatch.setattr(inside, "_ask", lambda _app: 0)
    monkeypatch.setattr(inside, "time", took)
    monkeypatch.setattr(sys, "stdin", io.StringIO("often poll\n"))
    inside.told("config.toml")
    assert json.loads(capsys.readouterr().out) == {"gave": 0, "cpu": 5.0}
    assert len(pauses) == 3


def test_the_event_loop_is_watched_while_a_calendar_is_read(setting: Setting) -> None:
    rows = list(holding.measure(setting))
    assert len(rows) == 2
    assert all(0 < row.ours[0] < 10_000 for row in rows)


def test_both_readers_find_the_same_starts(setting: Setting) -> None:
    ours, theirs = (reading.once(who, EVENTS) for who in (OURS, reading.LIBRARIES))
    assert ours["starts"] == theirs["starts"] > EVENTS / 2
    assert ours["digest"] == theirs["digest"]


def test_the_part_around_now_has_the_same_sessions_in_the_weeks_that_are_looked_at() -> None:
    begin = monday() - timedelta(weeks=2)
    whole, part = resources(2_400), part_near_now(500, 2_400)
    assert len(part) == 500
    found = [
        sorted(
            one.start
            for text in texts.values()
            for one in recurring_ical_events.of(Calendar.from_ical(text)).between(begin, timedelta(weeks=4))
        )
        for texts in (whole, part)
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 200


def test_what_a_process_costs_is_its_own() -> None:
    ballast = bytearray(300 * 1024**2)  # the kernel counts the memory of whoever starts a process, too
    cost = run([sys.executable, "-c", "sum(range(10**6)); print('done')"], os.environ)
    assert (cost.said, len(ballast)) == ("done\n", 300 * 1024**2)
    assert 0 < cost.cpu <= cost.wall + 0.1
    assert 3 < cost.peak < 100


def test_a_command_that_fails_is_no_figure() -> None:
    with pytest.raises(Failed, match="ended with 3: no such calendar"):
        run([sys.executable, "-c", "import sys; print('no such calendar'); sys.exit(3)"], os.environ)


def test_a_peer_that_fails_is_told_and_ours_goes_on() -> None:
    told: list[str] = []

    def peer() -> Cost:
        raise Failed("no network")

    turns = in_turn(
        Setting(rounds=3, tell=told.append), "a sync", {OURS: lambda: Cost(1, 1, 1), "peer": peer}
    )
    row = turns.row("a sync", "s", lambda one: one.wall, of_peer=0.5)
    assert (row.ours, row.theirs, row.trouble, is_met(row)) == ([1, 1, 1], [], "no network", False)
    rounds = [f"a sync: round {number}" for number in (1, 2, 3)]
    assert told == ["FAILED: peer, a sync: no network", *rounds]


def test_a_part_that_fails_costs_no_other(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(_setting: Setting) -> list[Row]:
        raise OSError("the disk is full")

    monkeypatch.setattr("bench.alone.facts", dict)
    monkeypatch.setattr("bench.sync.measure", broken)
    monkeypatch.setattr("bench.agenda.measure", lambda _setting: [Row("agenda", "s", [0.1])])
    file = tmp_path / "bench.json"
    with (tmp_path / "shown").open("w") as shown:
        rows, failed = measured(("sync", "agenda"), setting, Console(file=shown, width=160), file)
    assert failed == {"sync": "OSError: the disk is full"}
    assert rows["agenda"] == [Row("agenda", "s", [0.1])]
    kept = json.loads(file.read_text())
    assert "**sync failed**: OSError: the disk is full" in list(markdown(kept))


@pytest.mark.parametrize(
    ("ours", "theirs", "at_most", "of_peer", "met"),
    [
        ([2, 4, 3], [10, 10, 10], None, 0.3, True),
        ([2, 4, 3.1], [10, 10, 10], None, 0.3, False),
        ([2, 4, 3], [], 3, None, True),
        ([2, 4, 3], [1, 1, 1], 3, 2, False),  # one of two
        ([2, 4, 3], [], None, None, None),
        ([2, 4, 3], [], None, 0.3, None),  # nobody was to be measured beside
    ],
)
def test_an_aim_is_held_against_the_medians(
    ours: list[float], theirs: list[float], at_most: float | None, of_peer: float | None, met: bool | None
) -> None:
    assert is_met(Row("a sync", "s", ours, "peer", theirs, at_most, of_peer)) is met


def test_the_table_says_medians_and_spread_and_survives_being_kept() -> None:
    row = Row("a sync", "s", [0.2, 0.1, 0.4], "vdirsyncer", [1.0, 2.0, 1.0], of_peer=0.25)
    kept = json.loads(json.dumps(document({"sync": [row]}, {}, {"cores": "2"})))
    assert kept["parts"]["sync"][0]["ratio"] == {"median": 0.2, "min": 0.05, "max": 0.4}
    lines = list(markdown(kept))
    assert lines[0] == "cores 2."
    assert "**1 of 1 aims are met**" in lines
    assert lines[-1] == (
        "| a sync | 0.200 s (0.100–0.400) | vdirsyncer | 1 s (1–2) | 0.20 (0.05–0.40) | ≤ 0.25 × | met |"
    )


def test_a_rank_is_a_value_that_occurred() -> None:
    values = [float(one) for one in range(1, 101)]
    assert [rank(values, share) for share in (0.5, 0.99, 1.0)] == [50, 99, 100]
