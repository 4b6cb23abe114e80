"""`kepthour check`: what could keep a reminder from coming is found, and told with a remedy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.scripted_http import Answer, ScriptedServer
from tests.support.calendars import calendar, event
from tests.support.world import Daemon, World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
{sessions}
{more}
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
"""
ALL, RULES = 'sessions = "all"', 'sessions = "rules"'


def configure(world: World, more: str = "", sessions: str = ALL) -> None:
    world.configure(CONFIG.format(more=more, sessions=sessions))
    world.config_file.chmod(0o600)


def put(world: World, *events: str) -> None:
    (world.home / "practice.ics").write_text(calendar(*events), encoding="utf-8", newline="")


def tomorrow(uid: str, title: str = "AB", rule: str = "") -> str:
    start = datetime.now(UTC) + timedelta(days=1)
    stamp = "%Y%m%dT%H%M%SZ"
    lines = (rule,) if rule else ()
    end = start + timedelta(minutes=50)
    return event(uid, title, f"{start:{stamp}}", f"{end:{stamp}}", *lines, zone=None)


def says(world: World, synchronised: str) -> None:
    """Let `timedatectl` say this: what it says of the machine that runs the tests, nobody knows."""
    folder = world.folder / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "timedatectl"
    program.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3" = "show --property=NTPSynchronized --value" ] && {synchronised}\n'
    )
    program.chmod(0o755)
    world.env["PATH"] = f"{folder}:{os.environ['PATH']}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A machine on which nothing is wrong, but that no daemon runs."""
    made = World(tmp_path)
    made.env["TZ"] = "Europe/Berlin"
    says(made, "echo yes")
    configure(made)
    put(made, tomorrow("one"), tomorrow("two"))
    return made


@contextmanager
def watched(world: World, *options: str) -> Iterator[Daemon]:
    """A daemon that has given its first sign of life."""
    with world.daemon(*options) as daemon:
        eventually(lambda: world.json("status")["daemon"]["since"], "the first sign of life")
        yield daemon


def checks(world: World, *options: str, expect: int) -> dict[str, dict[str, Any]]:
    """What `check` found, by name and subject; of several the last."""
    found = world.json("check", *options, expect=expect)["checks"]
    return {f"{one['name']} {one['subject'] or ''}".strip(): one for one in found}


def test_where_all_is_well_nothing_is_a_problem(world: World) -> None:
    with watched(world):
        found = world.json("check")["checks"]
        told = world.cli("check").stdout
    assert [(one["name"], one["subject"], one["state"]) for one in found] == [
        ("configuration", None, "ok"),
        ("store", None, "ok"),
        ("calendar", "practice", "ok"),
        ("channel", "script", "ok"),
        ("evidence", None, "skipped"),
        ("clock", None, "ok"),
        ("zone", None, "ok"),
        ("daemon", None, "ok"),
        ("service", None, "problem"),
        ("waking", None, "skipped"),
        ("heartbeat", None, "skipped"),
    ]
    service = next(one for one in found if one["name"] == "service")
    assert service["remedy"] == "Install it: kepthour service install"  # run by hand, it is there today
    assert all(one["what"] and one["critical"] is False for one in found)
    assert all(one["remedy"] is None for one in found if one is not service)
    assert "The reminders will come. See each problem all the same." in told


def test_without_a_daemon_every_reminder_would_be_missed(world: World) -> None:
    daemon = checks(world, expect=1)["daemon"]
    assert (daemon["state"], daemon["critical"]) == ("problem", True)
    assert daemon["remedy"] == "Start it: kepthour service install --now; without systemd: kepthour run"
    told = world.cli("check", expect=1).stdout
    assert "PROBLEM" in told and "A reminder could be missed" in told


def test_a_daemon_that_stands_still_is_found_by_its_last_sign_of_life(
    world: World, turnable_clock: None
) -> None:
    world.shift_clock(datetime.now(UTC))
    with watched(world) as daemon, daemon.stopped():
        world.shift_clock(datetime.now(UTC) + timedelta(minutes=2))
        found = checks(world, expect=1)["daemon"]
    assert found["critical"] is True
    assert "no sign of life" in found["what"]


def test_a_daemon_that_stands_still_while_it_writes_is_found_by_it_too(
    world: World, turnable_clock: None
) -> None:
    world.shift_clock(datetime.now(UTC))
    with watched(world) as daemon, closing(sqlite3.connect(world.store_file)) as writing:
        # in the place of a daemon that is caught between this and its COMMIT
        writing.execute("BEGIN IMMEDIATE")
        with daemon.stopped():
            world.shift_clock(datetime.now(UTC) + timedelta(minutes=2))
            found = checks(world, expect=1)
    assert "no sign of life" in found["daemon"]["what"]
    assert "is busy" in found["store"]["what"]


def test_a_calendar_is_asked_now_and_its_sessions_are_counted(world: World) -> None:
    practice = checks(world, expect=1)["calendar practice"]
    assert practice["what"].endswith("Sessions in the coming 7 days: 2 (of 2 events).")
    put(world, tomorrow("one"))
    assert "1 (of 1 events)" in checks(world, expect=1)["calendar practice"]["what"]


def test_a_calendar_that_cannot_be_read_is_a_problem_and_the_others_are_not(world: World) -> None:
    configure(world, '[[calendars]]\nname = "gone"\ntype = "ics"\npath = "~/gone.ics"\nsessions = "all"')
    with watched(world):
        found = checks(world, expect=1)
    assert found["calendar practice"]["state"] == "ok"
    gone = found["calendar gone"]
    assert (gone["state"], gone["critical"]) == ("problem", True)
    assert gone["remedy"] == "Export the calendar there, or mend path."


def test_an_event_that_cannot_be_read_could_be_a_session(world: World) -> None:
    put(world, tomorrow("one"), tomorrow("two", rule="RRULE:FREQ=SOMETIMES"))
    with watched(world):
        found = world.json("check", expect=1)["checks"]
    (whole, aside) = [one for one in found if one["name"] == "calendar"]
    assert whole["state"] == "ok"
    assert aside["critical"] is True
    assert "1 event cannot be read" in aside["what"]


def test_rules_that_match_nothing_are_told_and_are_no_failure(world: World) -> None:
    configure(world, "[[sessions.rules]]\ntitle = 'Therapy'\nis = \"session\"", RULES)
    with watched(world):
        practice = checks(world, expect=0)["calendar practice"]
    assert (practice["state"], practice["critical"]) == ("problem", False)
    assert "none of its 2 events" in practice["what"]


def test_nothing_is_sent_unless_it_is_asked_for(world: World) -> None:
    script = checks(world, expect=1)["channel script"]
    assert "No test notice was sent" in script["what"]
    assert world.received() == []


def test_send_sends_each_channel_one_test_notice(world: World) -> None:
    configure(world, '[channels.terminal]\ntype = "console"')
    assert checks(world, expect=1)["channel terminal"]["state"] == "skipped"
    found = checks(world, "--send", expect=1)
    assert {found["channel script"]["state"], found["channel terminal"]["state"]} == {"ok"}
    (document,) = world.received()
    assert (document["rung"], document["session"], document["actions"]) == ("check", "check", [])
    assert "this is a test" in world.cli("check", "--send", expect=1).stderr


def test_the_test_notice_is_in_the_language_of_notices(world: World) -> None:
    configure(world)
    world.env["LANG"] = "de_DE.UTF-8"
    checks(world, "--send", expect=1)
    (document,) = world.received()
    assert document["title"] == "Kept Hour: Dies ist ein Test"


@pytest.mark.parametrize("options", [[], ["--send"]], ids=["looked at", "sent to"])
def test_a_channel_that_refuses_is_a_problem(world: World, options: list[str]) -> None:
    world.configure(CONFIG.format(more="", sessions=ALL).replace("@SCRIPT@", '["/nonexistent/on-reminder"]'))
    with watched(world):
        script = checks(world, *options, expect=1)["channel script"]
    assert (script["state"], script["critical"]) == ("problem", True)
    assert script["remedy"] == "Check its path and mode."


def test_what_the_channel_refused_lately_is_told(world: World) -> None:
    rung = '[[reminders.rungs]]\nat = "-20m"\n'
    configure(world, rung)
    config = world.config_file.read_text(encoding="utf-8")
    world.config_file.write_text(
        config.replace("document=$(cat)", "exit 3; document=$(cat)"), encoding="utf-8"
    )
    start = (datetime.now(UTC) + timedelta(minutes=20, seconds=4)).replace(microsecond=0)
    stamp = "%Y%m%dT%H%M%SZ"
    put(world, event("one", "AB", f"{start:{stamp}}", f"{start + timedelta(hours=1):{stamp}}", zone=None))
    with watched(world):
        eventually(lambda: world.json("status")["channels"][0]["failed"], "the refusal")
        found = [one for one in world.json("check")["checks"] if one["name"] == "channel"]
    assert [(one["state"], one["critical"]) for one in found] == [("ok", False), ("problem", False)]
    assert found[1]["what"].startswith("It refused ")


def test_a_damaged_store_is_named_and_left_and_the_rest_is_looked_at(world: World) -> None:
    world.cli("sync")
    damaged = b"this was a database once " * 400
    world.store_file.write_bytes(damaged)
    found = checks(world, expect=1)
    assert (found["store"]["critical"], str(world.store_file) in found["store"]["what"]) == (True, True)
    assert (found["calendar"]["state"], found["daemon"]["state"]) == ("skipped", "skipped")
    assert found["channel script"]["state"] == "ok"
    assert world.store_file.read_bytes() == damaged


def test_a_store_that_cannot_be_opened_is_a_problem(world: World) -> None:
    (world.home / "file").touch()
    configure(world, f'[store]\nurl = "{world.home}/file/kepthour.db"')
    assert checks(world, expect=1)["store"]["remedy"].startswith("Make the folder writable")


def test_every_fault_of_the_configuration_is_a_problem_of_its_own(world: World) -> None:
    world.configure('timezone = "Mars/Olympus"\nunknown = 1\n')
    found = world.json("check", expect=2)["checks"]
    assert {(one["name"], one["state"], one["critical"]) for one in found} == {
        ("configuration", "problem", True)
    }
    assert [one["what"].partition(":")[0] for one in found] == ["timezone", "calendars", "unknown"]
    assert "Mars" not in str(found)


def test_a_configuration_that_others_may_read_is_told_and_is_no_failure(world: World) -> None:
    world.config_file.chmod(0o644)
    with watched(world):
        found = checks(world, expect=0)["configuration"]
    assert (found["state"], found["remedy"]) == ("problem", f"Run: chmod 600 {world.config_file}")


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        ("echo yes", "ok", 0),
        ("echo no", "problem", 1),
        ("echo maybe", "skipped", 0),
        ("exit 1", "skipped", 0),
    ],
)
def test_the_clock_is_as_the_system_says(world: World, answer: str, state: str, code: int) -> None:
    says(world, answer)
    with watched(world):
        assert checks(world, expect=code)["clock"]["state"] == state


def test_a_machine_that_cannot_be_woken_though_it_should_is_a_problem(world: World) -> None:
    configure(world, "[wake]\nenabled = true")
    with watched(world):
        waking = checks(world, expect=1)["waking"]  # its processes reach no systemd
    assert (waking["state"], waking["critical"]) == ("problem", True)


def test_another_time_zone_is_told_and_is_no_failure(world: World) -> None:
    world.env["TZ"] = "Asia/Tokyo"
    with watched(world):
        zone = checks(world, expect=0)["zone"]
    assert zone["state"] == "problem"
    assert "Europe/Berlin" in zone["what"] and "Asia/Tokyo" in zone["what"]


def test_the_heartbeat_is_as_the_daemon_noted_it_and_none_is_sent(world: World) -> None:
    configure(world, '[heartbeat]\nurl = { env = "BEAT" }')
    with ScriptedServer(lambda request: Answer(200)) as server:
        world.env["BEAT"] = f"{server.url}canary"
        before = checks(world, expect=1)["heartbeat"]
        with watched(world):
            eventually(lambda: world.json("status")["heartbeat"]["last_success"], "the first heartbeat")
            after = checks(world, expect=0)["heartbeat"]
        assert len(server.log) == 1
    assert (before["state"], before["critical"], after["state"]) == ("problem", False, "ok")


def test_no_title_is_said_however_verbose(world: World) -> None:
    put(world, tomorrow("one", "Marker-Name"))
    done = world.cli("check", "--send", "-vv", expect=1)
    assert "Marker" not in done.stdout + done.stderr


SECRETS = {
    '{ file = "~/secret" }': ("problem", "could not be read (No such file", "Write it into"),
    '{ file = "~/kept" }': ("ok", "It can be read (file).", None),
    '{ file = "~/empty" }': ("problem", "is empty", "Write it into"),
    '{ env = "KEPTHOUR_FEED" }': ("problem", "KEPTHOUR_FEED is not set", "where the daemon is started"),
    '{ command = ["false"] }': ("problem", "ended with exit code 1", "Run it by hand"),
    '{ command = ["/nowhere/pass"] }': ("problem", "did not run", "Run it by hand"),
    '{ keyring = "feed" }': ("problem", "The keyring has nothing for feed.", "keyring set feed kepthour"),
    '{ credential = "feed" }': ("skipped", "Only the service is handed it by systemd", None),
}


@pytest.mark.parametrize("secret", SECRETS)
def test_each_secret_is_read_and_never_said(world: World, secret: str) -> None:
    for name, content in (("kept", "http://127.0.0.1:9/hunter2"), ("empty", "")):
        (world.home / name).write_text(content)
        (world.home / name).chmod(0o600)
    world.configure(
        CONFIG.format(more="", sessions=ALL).replace('path = "~/practice.ics"', f"url = {secret}")
    )
    found = checks(world, expect=1)["secret practice: url"]
    state, what, remedy = SECRETS[secret]
    assert (found["state"], found["critical"]) == (state, state == "problem")
    assert what in found["what"]
    assert found["remedy"] is None if remedy is None else remedy in found["remedy"]
    assert "hunter2" not in str(found)


def test_a_secret_that_others_may_read_is_closed_and_not_mended_in_the_configuration(world: World) -> None:
    (world.home / "kept").write_text("http://127.0.0.1:9/")
    (world.home / "kept").chmod(0o644)
    kept = 'url = { file = "~/kept" }'
    world.configure(CONFIG.format(more="", sessions=ALL).replace('path = "~/practice.ics"', kept))
    found = checks(world, expect=2)["configuration"]
    assert found["what"] == f"calendars[0].url.file: others may read {world.home}/kept"
    assert found["remedy"] == f"Close it with: chmod 600 {world.home}/kept"


def test_a_configuration_that_others_may_replace_is_told(world: World) -> None:
    configure(world)
    folder = world.config_file.parent
    folder.chmod(0o777)
    with watched(world):
        found = world.json("check")["checks"]
    (told,) = [one for one in found if one["name"] == "configuration" and one["state"] == "problem"]
    assert (told["critical"], told["remedy"]) == (False, f"Run: chmod go-w {folder}")
    assert told["what"] == f"Others may put another file in the place of {world.config_file}."


OPEN = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
url = {{ file = "{folder}/feed" }}
sessions = "all"
[[calendars]]
name = "google"
type = "google"
client_secret = "{folder}/client"
token = "{folder}/token"
sessions = "all"
[[calendars]]
name = "server"
type = "caldav"
url = "https://127.0.0.1:9/"
client_certificate = "{folder}/certificate"
client_key = "{folder}/key"
sessions = "all"
[[calendars]]
name = "key within"
type = "caldav"
url = "https://127.0.0.1:9/"
client_certificate = "{folder}/certificate"
sessions = "all"
[channels.script]
type = "command"
argv = @SCRIPT@
"""
NAMED = {
    "practice: url": "feed",
    "google: client_secret": "client",
    "google: token": "token",
    "server: client_key": "key",
    "key within: client_certificate": "certificate",
}


def test_a_secret_that_others_may_replace_is_told_and_used(world: World) -> None:
    folder = world.home / "open to all"
    folder.mkdir()
    for name in NAMED.values():
        (folder / name).touch(mode=0o600)
    (folder / "feed").write_text("http://127.0.0.1:9/hunter2")
    world.configure(OPEN.format(folder=folder))
    world.config_file.chmod(0o600)

    def told() -> dict[str, tuple[str, str, bool]]:
        found = world.json("check", expect=1)["checks"]
        return {
            one["subject"]: (one["what"], one["remedy"], one["critical"])
            for one in found
            if one["name"] == "secret" and one["state"] == "problem"
        }

    assert told() == {}
    folder.chmod(0o777)
    assert told() == {
        subject: (
            f"Others may put another file in the place of {folder}/{name}.",
            f"Run: chmod go-w '{folder}'",
            False,
        )
        for subject, name in NAMED.items()
    }


def test_a_daemon_reminds_though_others_may_write_to_the_folder_of_a_secret(world: World) -> None:
    folder = world.home / "open"
    folder.mkdir()
    (folder / "feed").touch(mode=0o600)
    (folder / "feed").write_text("http://127.0.0.1:9/")
    folder.chmod(0o777)
    more = f'[[calendars]]\nname = "feed"\ntype = "ics"\nurl = {{ file = "{folder}/feed" }}\nsessions = "all"'
    configure(world, more)
    with watched(world):
        eventually(lambda: len(world.json("agenda", "--to", "+3d")["sessions"]) == 2, "the sessions to come")


def test_a_keyring_that_is_locked_or_missing_has_its_remedy(world: World) -> None:
    world.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # what there is without a desktop
    keyring = 'url = { keyring = "feed" }'
    world.configure(CONFIG.format(more="", sessions=ALL).replace('path = "~/practice.ics"', keyring))
    found = checks(world, expect=1)["secret practice: url"]
    assert found["what"] == "The keyring could not be asked (NoKeyringError)."
    assert found["remedy"].startswith("Unlock the keyring (log in to your desktop)")


def test_a_store_that_others_may_read_is_told(world: World) -> None:
    world.cli("sync")
    world.store_file.chmod(0o644)
    assert checks(world, expect=1)["store"]["state"] == "ok"  # nobody enters its folder
    world.store_file.parent.chmod(0o755)
    found = checks(world, expect=1)["store"]
    assert (found["state"], found["critical"]) == ("problem", False)
    assert found["remedy"] == f"Run: chmod 600 {world.store_file}*"


SLOW_RULES = """
[[sessions.rules]]
title = '^(?P<client>AB)$'
is = "session"
[[sessions.rules]]
title = '(?:\\w+\\s?){0,50}[:;]$'
is = "session"
[[reminders.rules]]
place = '(?:\\w+\\s?){0,50}[:;]$'
profile = "gentle"
[verdict]
in_person = '^(?:\\w+\\s?){0,50}[!?]$'
"""


def test_a_pattern_that_takes_for_ever_is_told_with_its_key_and_without_its_text(world: World) -> None:
    slow, place = (
        "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj",
        "LOCATION:kkkk llll mmmm nnnn oooo pppp qqqq",
    )
    configure(world, SLOW_RULES, RULES)
    put(world, tomorrow("one"), tomorrow("two", slow, place))
    found = world.json("check", expect=1)["checks"]
    told = {one["subject"]: one for one in found if one["name"] == "configuration" and one["subject"]}
    assert list(told) == ["sessions.rules[1].title", "reminders.rules[0].place", "verdict.in_person"]
    for one in told.values():
        assert (one["state"], one["critical"]) == ("problem", False)
        assert one["what"] and one["remedy"] and "aaaa" not in str(one) and "50" not in str(one)
