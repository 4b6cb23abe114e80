"""The command line, as a user meets it: real processes, exit codes, sentences, JSON."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.calendars import calendar, event
from tests.support.world import World
from tests.support.zones import without_name

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
sessions = "rules"
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})\\b'
is = "session"
[channels.script]
type = "command"
argv = @SCRIPT@
"""


def at(days: float = 0, minutes: float = 0) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days, minutes=minutes)).replace(microsecond=0)


# A calendar that loses more than half of what is to come is not believed at once: these are always to come.
FAR = [(f"far-{number}", "AB", at(days=40 + number)) for number in range(4)]


def put(world: World, *events: tuple[str, str, datetime]) -> None:
    stamp = "%Y%m%dT%H%M%SZ"
    made = [
        event(uid, title, f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
        for uid, title, start in (*events, *FAR)
    ]
    (world.home / "practice.ics").write_text(calendar(*made), encoding="utf-8", newline="")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.configure(CONFIG)
    put(
        made,
        ("one", "AB individual", at(minutes=5)),
        ("two", "Lunch", at(minutes=120)),
        ("three", "CD", at(days=1)),
    )
    made.cli("sync")
    return made


def test_without_a_configuration_the_way_to_one_is_told(tmp_path: Path) -> None:
    done = World(tmp_path).cli("agenda", expect=2)
    assert "kepthour init" in done.stderr


def test_init_writes_a_private_configuration_that_works_and_overwrites_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cli("init", "--no-input")
    assert world.config_file.stat().st_mode & 0o777 == 0o600
    world.cli("agenda")
    assert "already" in world.cli("init", "--no-input", expect=1).stderr


def test_init_goes_by_a_machine_that_has_the_rules_of_its_zone_and_not_its_name(tmp_path: Path) -> None:
    world = World(tmp_path)
    without_name(world)
    world.cli("init", "--no-input")
    floating = event("one", "AB", "20260302T090000", "20260302T095000", zone=None)
    (world.home / "sessions.ics").write_text(calendar(floating), newline="")
    world.cli("sync")
    (session,) = world.json("agenda", "--from", "2026-03-02", "--to", "2026-03-03")["sessions"]
    assert session["start"] == "2026-03-02T09:00:00-05:00"


@pytest.mark.parametrize("zone", ["CET-1CEST", "Foo/Bar"])
def test_init_says_that_a_zone_is_to_be_written_where_the_machine_tells_none(
    tmp_path: Path, zone: str
) -> None:
    world = World(tmp_path)
    world.env["TZ"] = zone
    said = world.cli("init", "--no-input").stdout
    assert "does not tell its time zone: write yours into the file" in said
    assert "you are in" not in said
    assert "timezone: is not given" in world.cli("agenda", expect=2).stderr
    line = '# timezone = "Europe/Berlin"             # needed: '
    text = world.config_file.read_text()
    assert line in text
    world.config_file.write_text(text.replace(line, line.removeprefix("# ")))
    world.cli("agenda")


def test_sync_tells_what_changed(world: World) -> None:
    put(world, ("one", "AB individual", at(minutes=6)))
    (found,) = world.json("sync")["calendars"]
    assert found == {
        "name": "practice", "kind": "full", "changed": 1, "deleted": 2, "quarantined": 0, "requests": 0,
        "problem": None, "warnings": [],
    }  # fmt: skip
    (again,) = world.json("sync")["calendars"]
    assert (again["changed"], again["deleted"]) == (0, 0)


def test_agenda_has_the_promised_shape(world: World) -> None:
    found = world.json("agenda", "--to", "+3d")
    assert set(found) == {"sessions", "calendars"}
    first = found["sessions"][0]
    assert set(first) >= {
        "id", "calendar", "uid", "original_start", "start", "end", "client", "place", "join_url", "state", "verdict",
        "oddities",
    }  # fmt: skip
    assert [one["client"] for one in found["sessions"]] == ["AB", "CD"]
    assert found["calendars"][0]["state"] == "fresh"


def test_explain_says_why_an_event_is_and_another_is_not_a_session(world: World) -> None:
    assert [one["is_session"] for one in world.json("explain", "")["events"]] == [True, False, True]
    (lunch,) = world.json("explain", "lunch")["events"]
    assert lunch["rules_missed"] == ["rule 1: the title differs"]
    assert "no rule matches it (rule 1: the title differs)" in world.cli("explain", "lunch").stdout


@pytest.mark.parametrize(
    ("key", "locale", "began"),
    [
        ("", "C.UTF-8", " began 1 min ago"),
        ("", "de_DE.UTF-8", " hat vor 1 Minute begonnen"),
        ('language = "en"\n', "de_DE.UTF-8", " began 1 min ago"),
    ],
)
def test_notices_are_rehearsed_in_the_language_of_choice(
    world: World, key: str, locale: str, began: str
) -> None:
    world.configure(key + CONFIG)
    world.env["LANG"] = locale
    texts = [one["text"] for one in world.json("rehearse")["reminders"] if one["rung"] == "+1m"]
    assert texts
    assert all(began in text for text in texts)


def test_rehearse_sends_nothing(world: World) -> None:
    rungs = [one["rung"] for one in world.json("rehearse")["reminders"] if one["session"]]
    assert rungs[:4] == ["-1m", "0m", "+1m", "+2m"] or rungs[:5] == ["-5m", "-1m", "0m", "+1m", "+2m"]
    assert world.received() == []


def test_answers_work_without_a_daemon(world: World) -> None:
    assert world.json("ack")["state"] == "acknowledged"
    assert world.json("here")["verdict"] == "on_time"
    assert world.json("here")["changed"] is False
    assert world.json("out")["state"] == "ended"


def test_who_is_running_late_gets_a_draft_and_nothing_is_sent(world: World) -> None:
    put(world, ("soon", "AB", at(minutes=3)))
    world.cli("sync")
    said = world.cli("late", "10m").stdout
    assert "I am running late, and will be with you at" in said
    assert "AB" not in said
    assert "will be with you" in world.json("late", "12m")["draft"]
    assert world.json("here")["draft"] is None


def test_a_leave_is_noted_with_what_stands_inside_and_ended(world: World) -> None:
    world.cli("sync")
    said = world.cli("away", "--until", "+2d").stdout
    assert "Away from" in said
    assert "somebody expects you" in said
    (leave,) = world.json("away", "--json")["away"]
    assert leave["source"] == "therapist"
    assert len(leave["sessions"]) == said.count("silent:") > 0
    assert world.json("status", "--json")["away_until"] == leave["to"]
    assert "Welcome back" in world.cli("away", "--end").stdout
    assert world.json("away", "--json") == {"away": []}
    assert world.json("status", "--json")["away_until"] is None


def test_an_answer_without_a_session_that_is_due_is_refused(world: World) -> None:
    put(world, ("three", "CD", at(days=1)))
    world.cli("sync")
    done = world.cli("here", expect=1)
    assert "No session is due now." in done.stderr


def test_two_sessions_that_fit_equally_give_a_script_their_ids(world: World) -> None:
    start = at(minutes=5)
    put(world, ("one", "AB", start), ("two", "CD", start))
    world.cli("sync")
    done = world.cli("here", expect=1)
    ids = [one["id"] for one in world.json("agenda")["sessions"] if one["state"] != "cancelled"]
    assert len(ids) == 2
    assert all(session in done.stderr for session in ids), done.stderr
    assert world.json("here", "--session", ids[0])["session"] == ids[0]


def test_a_session_that_runs_without_a_check_in_and_was_not_meant_by_here_is_named(world: World) -> None:
    put(world, ("one", "AB", at(minutes=-16)), ("two", "CD", at(minutes=5)))
    world.cli("sync")
    found = [one["id"] for one in world.json("agenda")["sessions"] if one["state"] != "cancelled"]
    running, coming = found[:2]
    said = world.cli("late", "10m").stdout
    assert f"kepthour late 10m --session {running}" in said
    found = world.json("here")
    assert (found["session"], found["passed_over"]) == (coming, [running])
    said = world.cli("here").stdout
    back, again = f"kepthour settle {coming} unknown", f"kepthour here --session {running}"
    assert f"has no check-in. If you meant that one: {back}, then: {again}" in said
    world.cli(*back.split()[1:])
    assert world.json(*again.split()[1:])["session"] == running
    assert world.json("here")["passed_over"] == []


@pytest.mark.parametrize(
    "args",
    [["here", "--session", "nope"], ["settle", "nope", "missed"], ["repair", "nope"], ["sync", "nope"]],
    ids=" ".join,
)
def test_what_does_not_exist_gives_exit_1_and_a_sentence(world: World, args: list[str]) -> None:
    assert "There is no" in world.cli(*args, expect=1).stderr


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["snooze", "soon"],
        ["snooze", "0m"],
        ["late"],
        ["settle", "x", "forgotten"],
        ["agenda", "--from", "never"],
        ["agenda", "--from", "tomorrow", "--to", "today"],
        ["agenda", "--to", "2199-01-01"],
        ["repair", "1", "step", "x", "done"],
        ["agenda", "--nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_gives_exit_2(world: World, args: list[str]) -> None:
    assert world.cli(*args, expect=2).stderr


def test_a_misspelt_command_gets_a_hint(world: World) -> None:
    assert 'Did you mean "agenda"?' in world.cli("agend", expect=2).stderr


def test_verbose_and_config_may_stand_on_either_side(world: World) -> None:
    file = str(world.config_file)
    world.cli("-v", "--config", file, "agenda")
    world.cli("agenda", "-v", "--config", file)
    assert "poll.done" in world.cli("sync", "-vv").stderr


def begun(world: World) -> None:
    """The first session began a minute ago."""
    put(world, ("one", "AB individual", at(minutes=-1)), ("three", "CD", at(days=1)))
    world.cli("sync")


def test_a_late_start_has_a_short_card_and_says_so(world: World) -> None:
    begun(world)
    session = world.json("agenda")["sessions"][0]["id"]
    assert "It has a short repair card: kepthour repair 1" in world.cli("settle", session, "late").stdout


def test_settling_opens_a_card_and_its_steps_can_be_ticked_off(world: World) -> None:
    begun(world)
    session = world.json("agenda")["sessions"][0]["id"]
    settled = world.cli("settle", session, "missed", "--reason", "overslept").stdout
    (card,) = world.json("repair")["cards"]
    assert f"kepthour repair {card['id']} draft" in settled
    assert f"({session})" in world.cli("repair").stdout
    assert (card["severity"], card["state"], card["session"]) == (2, "open", session)
    done = world.json("repair", card["id"], "step", "1", "done")["cards"][0]
    assert done["steps"][0]["done_at"] is not None
    assert world.json("repair", card["id"], "step", "1", "undone")["cards"][0]["steps"][0]["done_at"] is None
    for n in range(1, 10):
        world.cli("repair", card["id"], "step", str(n), "done")
    assert world.json("repair")["cards"][0]["state"] == "closed"
    assert "There is no step 12" in world.cli("repair", card["id"], "step", "12", "done", expect=1).stderr


def test_a_card_is_exported_with_all_that_happened_on_it(world: World) -> None:
    begun(world)
    session = world.json("agenda")["sessions"][0]["id"]
    world.cli("settle", session, "missed")
    world.cli("repair", "1", "step", "1", "done")
    world.cli("repair", "1", "step", "4", "skip", "--reason", "they know | already")
    assert " 1 of 9, 1 skipped " in world.cli("repair").stdout
    world.cli("repair", "1", "close", "repaired")
    whole = world.json("repair", "1", "export")
    assert whole["card"] == world.json("repair", "1")["cards"][0]
    assert (whole["card"]["outcome"], whole["card"]["steps"][3]["reason"]) == (
        "repaired",
        "they know | already",
    )
    assert [one["verdict"] for one in whole["verdicts"]] == ["missed"]
    assert [one["what"] for one in whole["changes"]] == [
        "moved", "card_opened", "card_changed", "first_meeting", "card_changed", "step_done", "step_skipped",
        "card_closed",
    ]  # fmt: skip
    text = world.cli("repair", "1", "export").stdout
    assert "- state: closed, repaired\n" in text
    assert [len(re.split(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")] == [
        7
    ] * 11
    file = world.home / "card.md"
    world.cli("repair", "1", "export", "--output", str(file))
    assert (file.read_text(), file.stat().st_mode & 0o777) == (text, 0o600)


def test_what_is_settled_too_early_is_pointed_out_and_taken_back(world: World) -> None:
    session = world.json("agenda")["sessions"][0]["id"]
    refused = world.cli("settle", session, "missed", expect=1).stderr
    assert "has not begun, so it cannot be missed yet" in refused and "kepthour late 10m" in refused
    assert world.json("repair")["cards"] == []
    done = world.cli("settle", session, "on_time")
    assert "has not begun" in done.stderr and f"kepthour settle {session} unknown" in done.stderr
    assert world.json("status")["next_rung"]["session"] != session
    assert "reminds you again" in world.cli("settle", session, "unknown").stdout
    assert world.json("status")["next_rung"]["session"] == session


def test_settle_alone_says_what_is_asked_and_names_a_way(world: World) -> None:
    assert world.json("settle")["open_questions"] == []
    assert "kepthour settle ID VERDICT" in world.cli("settle").stdout
    assert "Nothing is asked" in world.cli("settle", "on_time", expect=1).stderr
    session = world.json("agenda")["sessions"][0]["id"]
    assert f"kepthour settle {session} VERDICT" in world.cli("settle", session, expect=2).stderr


def test_a_session_within_a_leave_says_so_and_no_rung_of_it_is_next(world: World) -> None:
    silent = world.json("agenda")["sessions"][0]
    end = at(minutes=60).astimezone(ZoneInfo("Europe/Berlin"))  # not "tomorrow": it may begin after midnight
    world.cli("away", "--until", f"{end:%Y-%m-%dT%H:%M}")
    (shown,) = [one for one in world.json("agenda")["sessions"] if one["id"] == silent["id"]]
    assert (shown["away"], silent["away"]) == (True, False)
    assert "you are away" in world.cli("agenda").stdout
    assert world.json("status")["next_rung"]["session"] != silent["id"]
    assert "You are away then" in world.cli("status").stdout


def test_a_second_leave_is_shown_alone(world: World) -> None:
    world.cli("away", "--from", "+10d", "--until", "+12d")
    told = world.cli("away", "--from", "+20d", "--until", "+22d").stdout
    assert told.count("Away from") == 1
    assert "kepthour away shows all" in told
    assert world.cli("away").stdout.count("Away from") == 2


def test_a_session_that_was_not_held_is_not_to_be_billed(world: World) -> None:
    first, second = (one["id"] for one in world.json("agenda")["sessions"])
    world.cli("settle", first, "covered")
    world.cli("settle", second, "on_time")
    assert [one["do_not_bill"] for one in world.json("agenda")["sessions"]] == [True, False]
    assert "covered, do not bill" in world.cli("agenda").stdout


def test_a_session_is_explained_by_its_id(world: World) -> None:
    session = world.json("agenda")["sessions"][0]["id"]
    world.cli("here")
    world.cli("settle", session, "covered", "--reason", "a colleague took it")
    known = world.json("explain", session)
    assert [one["id"] for one in known["events"]] == [known["session"]["id"]] == [session]
    assert {one["session"] for one in known["deliveries"]} == {session}
    assert [one["answer"] for one in known["answers"]] == ["here"]
    assert [(one["verdict"], one["by"]) for one in known["verdicts"]] == [
        ("on_time", "daemon"), ("covered", "therapist"),
    ]  # fmt: skip
    early = known["rungs"][0]
    assert (early["rung"], early["only_if"]) == ("-60m", "notable")
    assert "first_of_the_day" in early["because"]
    assert {one["only_if"] for one in known["rungs"][1:]} == {"always"}
    told = world.cli("explain", session).stdout
    assert "-60m is" in told
    assert [(one["what"], one["by"]) for one in known["changes"]] == [("seen", "calendar")]
    assert "seen (calendar)" in told
    assert "It is a session because it matches a rule (rule 1)." in told
    assert "on time, because you checked in" in told
    assert "covered, because you said so (a colleague took it)" in told


def test_a_broken_file_leaves_the_other_calendar_and_what_is_stored(world: World) -> None:
    more = '[[calendars]]\nname = "second"\ntype = "ics"\npath = "~/second.ics"\nsessions = "all"\n'
    world.configure(CONFIG + more)
    (world.home / "practice.ics").write_text("<html>sign in</html>")
    (world.home / "second.ics").write_text(
        calendar(event("s", "EF", f"{at(1):%Y%m%dT%H%M%SZ}", f"{at(1, 50):%Y%m%dT%H%M%SZ}", zone=None)),
        newline="",
    )
    first, second = world.json("sync", expect=1)["calendars"]
    assert first["problem"] and second["problem"] is None
    assert {one["calendar"] for one in world.json("agenda", "--to", "+3d")["sessions"]} == {
        "practice",
        "second",
    }
    status = {one["name"]: one for one in world.json("status")["calendars"]}
    assert status["practice"]["problem"] and status["practice"]["last_good_sync"]
    assert status["second"]["problem"] is None


def test_a_fresh_answer_that_was_long_under_way_is_told(world: World) -> None:
    world.cli("sync")
    assert "asked for" not in world.cli("status").stdout
    with closing(sqlite3.connect(world.store_file)) as store, store:
        store.execute("UPDATE calendars SET as_of = as_of - 600000000")  # ten minutes
    (told,) = world.json("status")["calendars"]
    assert told["state"] == "fresh"
    assert datetime.fromisoformat(told["last_good_sync"]) - datetime.fromisoformat(
        told["as_of"]
    ) >= timedelta(minutes=10)
    assert "its answer was asked for" in world.cli("status").stdout


def test_a_damaged_store_is_named_and_left_as_it_is(world: World) -> None:
    world.store_file.write_bytes(b"this is no database at all, but long enough to be taken for one" * 99)
    before = world.store_file.read_bytes()
    done = world.cli("agenda", expect=1)
    assert str(world.store_file) in done.stderr
    assert world.store_file.read_bytes() == before


def test_every_command_explains_itself(world: World) -> None:
    listed = world.cli("--help").stdout
    for name in ("demo", "init", "check", "run", "sync", "agenda", "explain", "rehearse", "ack", "snooze", "here",
                 "late", "out", "settle", "log", "status", "repair", "export", "purge", "service"):  # fmt: skip
        assert f"  {name} " in listed
        assert len(world.cli(name, "--help").stdout.splitlines()) > 5


@pytest.mark.parametrize("answer", [["ack"], ["snooze", "2m"], ["late", "5m"]], ids=" ".join)
def test_who_expects_to_be_reminded_again_is_told_that_no_daemon_runs(
    world: World, answer: list[str]
) -> None:
    assert "no daemon runs, so nobody reminds you" in world.cli(*answer).stderr
    with world.daemon():
        assert "no daemon" not in world.cli(*answer).stderr
    assert "no daemon" not in world.cli("here").stderr
    (session,) = [one["id"] for one in world.json("agenda")["sessions"] if one["verdict"]]
    assert "no daemon runs, so nobody reminds you" in world.cli("settle", session, "unknown").stderr


def test_output_into_a_closed_pipe_is_no_crash(world: World) -> None:
    import subprocess

    from tests.support.world import KEPTHOUR

    line = f"'{KEPTHOUR}' rehearse --to +7d --json | head -c 1 >/dev/null"
    done = subprocess.run(["/bin/sh", "-c", line], env=world.env, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_no_title_or_name_is_said_on_standard_error_however_verbose(world: World) -> None:
    put(world, ("one", "AB Marker-Name", at(minutes=5)))
    for args in (["sync", "-vv"], ["agenda", "-vv"], ["here", "-vv"], ["status", "-vv"]):
        assert "Marker" not in world.cli(*args).stderr


def test_rehearse_names_the_session_in_which_a_reminder_would_wait(world: World) -> None:
    put(world, ("one", "AB", at(minutes=2)), ("next", "AB", at(minutes=60)))
    world.cli("sync")
    first, second, *_far = (one["id"] for one in world.json("agenda")["sessions"])
    waiting = [one for one in world.json("rehearse")["reminders"] if one["waits_in"]]
    assert {(one["session"], one["rung"], *one["waits_in"]) for one in waiting} >= {(second, "-15m", first)}
    told = world.cli("rehearse").stdout
    assert "waits in" in told and "when it is over" in told


def test_a_leave_until_a_day_ends_as_that_day_begins_and_says_so(world: World) -> None:
    assert "back tomorrow" in " ".join(world.cli("away", "--help").stdout.split())
    before = datetime.now(ZoneInfo("Europe/Berlin"))
    said = world.cli("away", "--until", "+1d").stdout
    days = {before + timedelta(days=1), datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=1)}
    assert any(f" to {day:%a %d %b} 00:00." in said for day in days)


def test_a_title_commands_no_terminal(world: World) -> None:
    """Anybody who may send an invitation writes titles."""
    put(world, ("one", "AB \x1b]0;owned\x07\u202etfel", at(minutes=5)))
    world.cli("sync")
    said = world.cli("explain", "owned").stdout
    assert "owned" in said and not {"\x1b", "\x07", "\u202e"} & set(said)
