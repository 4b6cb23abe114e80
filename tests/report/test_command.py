"""`kepthour report` as its user meets it: a year in a real store, through the real command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import stored_year
from tests.support.past_year import PLANTED, year
from tests.support.stores import opened
from tests.support.world import World

_CONFIG = (
    'timezone = "Europe/Berlin"\n'
    '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "~/practice.ics"\nsessions = "all"\n'
    '[channels.console]\ntype = "console"\n'
)
_SPAN = ("--from", "2025-01-01", "--to", "2026-01-01")
_DOCS = Path(__file__).parents[2] / "docs"


def _world(folder: Path) -> World:
    made = World(folder)
    made.configure(_CONFIG)
    made.store_file.parent.mkdir(parents=True, mode=0o700)
    return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = _world(tmp_path_factory.mktemp("world"))
    store = opened(made.store_file)
    stored_year.write(store, year(2000, PLANTED))
    store.close()
    return made


@pytest.fixture
def empty(tmp_path: Path) -> World:
    return _world(tmp_path)


@pytest.fixture(scope="module")
def told(world: World) -> Any:
    return world.json("report", *_SPAN)


def test_the_year_on_a_terminal(world: World) -> None:
    said = world.cli("report", *_SPAN).stdout
    assert said.startswith("Wed 01 Jan 00:00 2025 to Thu 01 Jan 00:00 2026: 1,500 sessions.\n")
    patterns = re.findall(r"^Sessions ([^:]+):", said, re.MULTILINE)
    assert sorted(patterns) == [
        "in the calendar feed",
        "on Tuesdays, after a gap of 90 min or more",
        "that were moved",
    ]
    assert re.search(r"^unknown: Kept Hour did not run all the time +35$", said, re.MULTILINE)


def test_the_year_as_json(told: Any) -> None:
    assert (told["from"], told["to"]) == ("2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00")
    assert [one["group"] for one in told["patterns"]] == [
        {"change": "moved"},
        {"calendar": "feed"},
        {"weekday": "tuesday", "gap_before": "90m_or_more"},
    ]
    assert told["punctuality"]["counted"] + told["unknown"]["because"]["daemon_was_not_running"] == 1500
    assert (
        sum(one["sessions"] for one in told["groups"] if one["by"] == "weekday")
        == told["compared"]["sessions"]
    )


def test_the_year_as_a_page(world: World) -> None:
    file = world.home / "report.html"
    assert world.cli("report", *_SPAN, "--html", str(file)).stdout == f"Written: {file}.\n"
    assert file.read_text(encoding="utf-8").count("<svg") == 11


def test_a_page_is_its_owner_s_alone_and_goes_over_nothing_but_an_earlier_one(empty: World) -> None:
    file = empty.home / "report.html"
    for _again in range(2):
        assert empty.json("report", *_SPAN, "--html", str(file))["written"] == str(file)
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("precious")
    assert "is there already" in empty.cli("report", *_SPAN, "--html", str(file), expect=1).stderr
    empty.cli("report", *_SPAN, "--html", str(file), "--force")


def test_in_a_folder_it_gets_a_name_with_the_span(empty: World) -> None:
    folder = empty.home / "reports"
    folder.mkdir()
    empty.cli("report", *_SPAN, "--html", str(folder))
    assert [one.name for one in folder.iterdir()] == ["kepthour-report-2025-01-01-to-2026-01-01.html"]


def test_without_the_extra_the_page_has_all_numbers_and_it_is_said(world: World, tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError\n", encoding="utf-8")
    bare = World(tmp_path)
    bare.env = {**world.env, "PYTHONPATH": str(tmp_path)}
    file = tmp_path / "report.html"
    done = bare.cli("report", *_SPAN, "--html", str(file))
    assert done.stderr == (
        'kepthour: the page has its numbers as tables only; for plots: the extra "report": docs/install.md\n'
    )
    text = file.read_text(encoding="utf-8")
    assert (text.count("<svg"), text.count("<table>")) == (0, 14)
    assert bare.json("report", *_SPAN) == world.json("report", *_SPAN)


@pytest.mark.parametrize("form", [(), ("--json",), ("--html",)])
def test_no_client_is_in_it(world: World, form: tuple[str, ...]) -> None:
    assert stored_year.CLIENT not in _all_of(world, form)


def _all_of(world: World, form: tuple[str, ...]) -> str:
    if "--html" not in form:
        return world.cli("report", *_SPAN, *form).stdout
    file = world.home / "for-the-search.html"
    world.cli("report", *_SPAN, "--html", str(file), "--force")
    return file.read_text(encoding="utf-8")


def test_an_empty_store(empty: World) -> None:
    assert ": 0 sessions.\nKept Hour has never run" in empty.cli("report", *_SPAN).stdout
    found = empty.json("report", *_SPAN)
    nothing = (found["punctuality"], found["patterns"], found["groups"], found["reminders"], found["misses"])
    assert nothing == (None, [], [], None, None)
    done = empty.cli("report", *_SPAN, "--html", str(empty.home))
    assert done.stderr == ""


def test_a_span_without_sessions(world: World) -> None:
    found = world.json("report", "--from", "2025-06-07", "--to", "2025-06-08")  # a Saturday
    assert (found["sessions"], found["compared"]["sessions"]) == (0, 0)
    assert found["alarms"]["notices_per_day"] is None


def test_by_default_it_is_the_last_twelve_months(empty: World) -> None:
    found = empty.json("report")
    begin, end = found["from"], found["to"]
    assert int(end[:4]) - int(begin[:4]) == 1
    assert begin[10:19] == "T00:00:00"
    assert end[5:7] == begin[5:7]


@pytest.mark.parametrize("wrong", [("--from", "soon"), ("--from", "2026-01-01", "--to", "2025-01-01")])
def test_a_span_that_is_none_is_wrong_usage(empty: World, wrong: tuple[str, ...]) -> None:
    empty.cli("report", *wrong, expect=2)


def _fields(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_fields, value.values()))
    return set().union(*map(_fields, value)) if isinstance(value, list) else set()


def test_every_field_is_documented(told: Any) -> None:
    page = (_DOCS / "json.md").read_text(encoding="utf-8")
    section = page.split("### `report --json`")[1].split("\n### ")[0]
    documented = set(re.findall(r'[`"]([a-z_]+)[`"]', section))
    by_value = {"weekday", "gap_before", "asleep", "daemon_was_not_running"}  # these are values elsewhere
    assert _fields(told) - by_value - documented == set()


def test_a_span_that_begins_in_the_future_is_told_with_both_its_ends(empty: World) -> None:
    said = empty.cli("report", "--from", "tomorrow", expect=2).stderr
    assert 'the span would be from "tomorrow" to "now". Say both.' in said
