"""The demonstration, both endings, as a stranger would see it."""

from __future__ import annotations

import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from kepthour.cli import demo
from kepthour.config.reading import load
from kepthour.core.spans import spoken
from kepthour.core.verdict import Verdict
from kepthour.plugins import Plugins
from tests.support.day import Day
from tests.support.world import KEPTHOUR, World


def test_the_demonstration_ends_with_the_flagged_miss_or_the_check_in_and_cleans_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.env["PATH"] = "/usr/bin:/bin"  # as for whoever installed it with `make demo`
    world.env["TMPDIR"] = str(tmp_path / "tmp")
    Path(world.env["TMPDIR"]).mkdir()
    both = [
        subprocess.Popen([KEPTHOUR, "demo", *more], env=world.env, stdout=subprocess.PIPE, text=True)
        for more in ([], ["--attend"])
    ]
    missed, attended = (process.communicate(timeout=400)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    # A busy machine sees it a second time, more slowly, and perhaps a third time: the last one is the whole story.
    *earlier, story = missed.split("Once more, more slowly.")
    pace = demo._PACES[len(earlier)]
    for line in (
        f"starts in {spoken(timedelta(seconds=20 * pace))}",
        "starts now",
        f"began {spoken(timedelta(seconds=6 * pace))} ago",
        "What happened?",
        "suspected miss",
        "Repair card",
        f"Begin with your own calendar: {KEPTHOUR} init",
    ):
        assert line in story
    assert "I'm here" in attended and "on time" in attended
    assert "began" not in attended and "Repair card" not in attended
    assert "AB individual" not in missed + attended
    assert list(Path(world.env["TMPDIR"]).iterdir()) == []
    assert not world.store_file.exists()


def test_a_computer_that_is_too_busy_sees_the_story_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    paces: list[int] = []
    ends = {1: Verdict.UNKNOWN, 2: Verdict.SUSPECTED_MISS, 4: Verdict.UNKNOWN}

    async def watch(folder: Path, attend: bool, pace: int) -> Verdict:
        assert folder.is_dir() and not attend
        paces.append(pace)
        return ends[pace]

    monkeypatch.setattr(demo, "_watch", watch)
    done = CliRunner().invoke(demo.demo)
    assert (paces, done.exit_code) == ([1, 2], 0)
    assert "Once more, more slowly." in done.output
    ends[2] = Verdict.UNKNOWN
    assert CliRunner().invoke(demo.demo).exit_code == 1


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_whoever_stops_it_sees_no_more_of_it(tmp_path: Path, name: str) -> None:
    world = World(tmp_path)
    world.env["TMPDIR"] = str(tmp_path / "tmp")
    Path(world.env["TMPDIR"]).mkdir()
    with subprocess.Popen(
        [KEPTHOUR, "demo"], env=world.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "starts in" in line:
                break
        process.send_signal(signal.Signals[name])
        rest = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert rest.endswith("Stopped.\n") and "Once more" not in rest
    assert list(Path(world.env["TMPDIR"]).iterdir()) == []


@pytest.mark.parametrize("pace", [1, 2, 4])
def test_at_every_pace_it_is_the_same_ladder(tmp_path: Path, pace: int) -> None:
    config = load(demo._configured(tmp_path, pace), Plugins())
    offsets = [rung.offset / timedelta(seconds=pace) for rung in config.ladder.rungs]
    assert offsets == [-20, -12, -6, -2, 0, 2, 4, 6]


@pytest.mark.parametrize(
    ("verdict", "said"),
    [(Verdict.ON_TIME, "Checked in."), (Verdict.LATE, "Checked in."), (Verdict.COVERED, "Settled."),
     (Verdict.MISSED, "Settled.")],
)  # fmt: skip
def test_it_says_checked_in_only_where_somebody_was(
    verdict: Verdict, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo._conclude(Day(tmp_path, "2026-03-02 09:00").app, verdict)
    assert capsys.readouterr().out.startswith(said)
