"""`kepthour init`: from nothing to a configuration that works, on a terminal, with real calendars."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from tests.fakes.google import GoogleFake
from tests.fakes.scripted_http import Answer, ScriptedServer
from tests.support import drawer
from tests.support.calendars import calendar
from tests.support.certificates import Authority, serving
from tests.support.consent import browser
from tests.support.fence import TITLE
from tests.support.first_run import WEEK, FirstRun, next_monday, practice_events, practice_text
from tests.support.radicale import PASSWORD, USER, RadicaleServer
from tests.support.world import KEPTHOUR, World
from tests.support.zones import without_name

SECRET = "/secret-feed-4711.ics"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Without a keyring that keeps anything."""
    return World(tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RadicaleServer]:
    made = RadicaleServer(tmp_path)
    made.make_calendar("private", "Alltag")
    for number, one in enumerate(practice_events()):
        made.write("practice", f"{number}.ics", calendar(one))
    made.make_calendar("practice", "Praxis")
    with made:
        yield made


def sign_in(server: RadicaleServer, **more: object) -> dict[str, object]:
    """The answers that lead to the calendar with the sessions."""
    return {
        "The server": f"127.0.0.1:{server.port}",
        "Your user name": USER,
        "Your password": PASSWORD,
        "Which holds your sessions": "2",
    } | more


def written(world: World) -> str:
    file = world.config_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    return file.read_text()


def checked(world: World, *names: str) -> None:
    """What `check` looks at is right, as far as it is about these."""
    found = world.json("check", expect=1)["checks"]  # no daemon runs
    assert {one["name"] for one in found} >= set(names)
    assert {one["name"] for one in found if one["state"] == "problem"}.isdisjoint(names), found


def nothing_left(world: World) -> None:
    left = [one for one in world.home.rglob("*") if not one.is_dir()]
    assert left == []


# A server


def test_from_nothing_to_a_configuration_that_check_accepts(world: World, server: RadicaleServer) -> None:
    run = FirstRun(world, sign_in(server))
    assert run.code == 0
    assert "1  Alltag" in run.said and "2  Praxis" in run.said
    assert "takes 16 of 20 events" in run.said
    assert "Mittagspause" in run.said.split("And not these:")[1]
    assert PASSWORD not in run.said
    text = written(world)
    assert f'url = "{server.calendar_url("practice")}"' in text
    assert "(?P<client>" in text and PASSWORD not in text
    checked(world, "configuration", "calendar", "store")
    events = world.json("explain", "")["events"]
    assert {one["title"]: one["is_session"] for one in events} == {
        title: title != "Mittagspause" for title in WEEK
    }


def test_the_password_goes_to_a_private_file_where_no_keyring_is(
    world: World, server: RadicaleServer
) -> None:
    run = FirstRun(world, sign_in(server))
    file = world.config_file.parent / "practice.secret"
    assert f"is in a file now that only you can read: {file}" in run.said
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (f"{PASSWORD}\n", 0o600)
    assert f'password = {{ file = "{file}" }}' in written(world)


def test_the_password_goes_to_no_file_that_others_may_replace(world: World, server: RadicaleServer) -> None:
    folder = world.config_file.parent
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    run = FirstRun(world, sign_in(server))
    assert run.code == 1
    assert "was not stored: others may put another file in the place of" in run.said
    assert f"chmod go-w {folder}, or keep the file elsewhere. --config names another folder." in run.said
    nothing_left(world)


def test_the_password_goes_to_the_keyring_and_over_nothing_there(
    world: World, server: RadicaleServer, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({"kepthour-practice/kepthour": "another's"}))
    world.env |= drawer.environment(kept)
    run = FirstRun(world, sign_in(server))
    assert 'in your keyring now (a drawer), under "kepthour-practice-2"' in run.said
    assert json.loads(kept.read_text()) == {
        "kepthour-practice/kepthour": "another's",
        "kepthour-practice-2/kepthour": PASSWORD,
    }
    assert 'password = { keyring = "kepthour-practice-2" }' in written(world)
    checked(world, "configuration", "calendar")


@pytest.mark.parametrize("stuck", ["set", "forgets"])
def test_a_keyring_that_keeps_nothing_is_said_and_a_file_taken(
    world: World, server: RadicaleServer, tmp_path: Path, stuck: str
) -> None:
    world.env |= drawer.environment(tmp_path / "kept.json", stuck)
    run = FirstRun(world, sign_in(server))
    assert "Your keyring cannot be used: the keyring does not keep it" in run.said
    assert PASSWORD not in run.said
    assert "practice.secret" in written(world)


def test_no_keyring_at_all_is_the_library_s_failing_one(world: World, server: RadicaleServer) -> None:
    world.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    assert "There is no keyring here" in FirstRun(world, sign_in(server)).said
    checked(world, "calendar")


def test_a_wrong_password_is_told_and_corrected(world: World, server: RadicaleServer, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    world.env |= drawer.environment(kept)
    run = FirstRun(world, sign_in(server) | {"Your password": ["wr0ng", PASSWORD]})
    assert "127.0.0.1 refuses the user name or password." in run.said
    assert run.asked.count("The server") == 2  # what was right is the default now
    assert json.loads(kept.read_text()) == {"kepthour-practice/kepthour": PASSWORD}
    checked(world, "calendar")


def test_whoever_takes_another_kind_leaves_no_secret_of_the_first(
    world: World, server: RadicaleServer, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    world.env |= drawer.environment(kept)
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    run = FirstRun(world, sign_in(server) | {"Your password": "wr0ng", "Which (": ["caldav", "file"]})
    assert (run.code, json.loads(kept.read_text())) == (0, {})


def test_the_calendars_own_address_needs_no_choice(world: World, server: RadicaleServer) -> None:
    run = FirstRun(world, sign_in(server) | {"The server": server.calendar_url("practice")})
    assert "Which holds your sessions" not in run.asked
    checked(world, "calendar")


def test_an_empty_calendar_is_perhaps_the_wrong_one(world: World, server: RadicaleServer) -> None:
    run = FirstRun(world, sign_in(server) | {"Which holds your sessions": ["1", "2"]})
    assert "holds no event of the last four weeks" in run.said
    assert "practice/" in written(world)


def test_a_server_that_is_not_there_can_be_written_all_the_same(world: World, server: RadicaleServer) -> None:
    server.stop()
    run = FirstRun(
        world, sign_in(server) | {"Correct your answers": "anyway", "The calendar's name": "Praxis"}
    )
    assert run.code == 0
    assert "127.0.0.1 cannot be reached, or broke off." in run.said
    server.start()
    checked(world, "configuration", "calendar")


def test_a_certificate_that_is_not_trusted_is_named_in_the_file(world: World, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with ScriptedServer(lambda _request: Answer(404), tls=serving(*authority.issue("server"))) as server:
        answers = {"The server": server.url, "Your password": PASSWORD, "Correct your answers": "anyway"}
        run = FirstRun(world, answers | {"The calendar's name": "Praxis"})
    assert 'ca_file = "/path/to/its/authority.pem"' in run.said
    assert run.code == 0
    assert "[[calendars]]" in world.config_file.read_text(encoding="utf-8")


def test_an_address_over_plain_http_is_refused_before_the_password(
    world: World, server: RadicaleServer
) -> None:
    run = FirstRun(
        world, sign_in(server) | {"The server": ["http://cloud.example.org", f"127.0.0.1:{server.port}"]}
    )
    assert "plain http would send client data unprotected" in run.said
    assert run.asked.count("Your password") == 1


def test_all_can_be_taken(world: World, server: RadicaleServer) -> None:
    FirstRun(world, sign_in(server) | {"Write it so": "all"})
    assert 'sessions = "all"' in written(world)
    assert {one["is_session"] for one in world.json("explain", "")["events"]} <= {True}


# A feed, and a file


def feed(request: object) -> Answer:
    found = getattr(request, "path", "") == SECRET
    return Answer(200, practice_text().encode(), {"Content-Type": "text/calendar"}) if found else Answer(404)


def test_a_feed_s_address_is_kept_as_a_secret(world: World) -> None:
    with ScriptedServer(feed) as server:
        address = server.url.rstrip("/") + SECRET
        run = FirstRun(world, {"Which (": "feed", "The feed's address": ["nonsense", address]})
        assert "That address is not a web address" in run.said
        assert "takes 16 of 20 events" in run.said
        assert "4711" not in run.said and "4711" not in written(world)
        checked(world, "configuration", "calendar")


def test_what_is_weekly_counts_once_for_each_week_while_one_of_it_goes_on_too(world: World) -> None:
    (world.home / "practice.ics").write_text(practice_text(), newline="")
    world.shift_clock(next_monday(time(10, 20)))
    run = FirstRun(world, {"Which (": "file", "The file": "~/practice.ics"})
    assert "takes 16 of 20 events" in run.said


def test_a_file_has_to_be_there_by_its_whole_path(world: World, tmp_path: Path) -> None:
    (world.home / "practice.ics").write_text(practice_text(), newline="")
    wanted = ["practice.ics", "~/nowhere.ics", f"~/{'x' * 300}", "~", "~/practice.ics"]
    run = FirstRun(world, {"Which (": "file", "The file": wanted})
    assert "Write the whole path, from / or ~ on" in run.said
    assert f"There is no file {world.home}/nowhere.ics." in run.said
    assert f"There is no file {world.home}." in run.said
    assert 'path = "~/practice.ics"' in written(world)
    checked(world, "configuration", "calendar")


def test_a_file_that_is_no_calendar_is_told_and_another_taken(world: World) -> None:
    (world.home / "page.ics").write_text("<html>")
    (world.home / "practice.ics").write_text(practice_text(), newline="")
    run = FirstRun(world, {"Which (": ["file"], "The file": ["~/page.ics", "~/practice.ics"]})
    assert "What stands there is no iCalendar text" in run.said
    assert run.code == 0


def test_what_a_calendar_holds_is_obeyed_by_no_terminal_and_said_by_nothing_else(world: World) -> None:
    text = practice_text().replace("SUMMARY:EF", f"SUMMARY:EF \u009b31m{TITLE}")
    (world.home / "sessions.ics").write_text(text, newline="")
    run = FirstRun(world, {"Which (": "file"}, "-vv")
    assert f"EF \\u009b31m{TITLE}" in run.said and "\u009b" not in run.said
    assert run.said.count(TITLE) == 1  # in the table
    assert TITLE not in written(world)


# Google


def test_a_google_calendar_is_signed_in_to(world: World, tmp_path: Path) -> None:
    with GoogleFake(lambda: datetime.now(UTC)) as google:
        google.add_account("anna@example.org")
        program, _seen = browser(tmp_path)
        world.env |= {"DISPLAY": ":none", "BROWSER": str(program)}
        client = world.home / "client.json"
        client.write_text(json.dumps(google.client_secret_document()))
        client.chmod(0o644)  # as a browser leaves it
        run = FirstRun(
            world,
            {
                "Which (": "google",
                "The client's file": ["~/elsewhere.json", "~/client.json"],
                "Correct your answers": "anyway",  # the fake's calendar has an address of its own
            },
        )
    assert "docs/calendars/google.md" in run.said and "https://console.cloud.google.com/" in run.said
    assert stat.S_IMODE(client.stat().st_mode) == 0o600
    assert "Signed in. That is kept in a file that only you can read" in run.said
    (token,) = world.store_file.parent.glob("calendars/*/google-token.json")
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert stat.S_IMODE(world.store_file.parent.stat().st_mode) == 0o700
    text = written(world)
    assert 'type = "google"' in text and 'client_secret = "~/client.json"' in text
    assert json.loads(token.read_text())["refresh_token"] not in run.said


# Stopped


STOPS = [
    "Your time zone",
    "Which (",
    "The server",
    "Your user name",
    "Your password",
    "Which holds",
    "Write it so",
]


@pytest.mark.parametrize("stop_at", STOPS)
def test_whoever_stops_it_leaves_nothing_behind(world: World, server: RadicaleServer, stop_at: str) -> None:
    question = next(
        one for one in sign_in(server) | {"Write it so": ""} | {stop_at: ""} if one.startswith(stop_at)
    )
    run = FirstRun(world, sign_in(server), stop_at=question)
    assert run.code == 1
    assert run.said.rstrip().endswith("Stopped.")
    assert ("Taken back: The password (" in run.said) == (stop_at in {"Which holds", "Write it so"})
    nothing_left(world)
    assert not world.config_file.parent.exists()


def test_what_was_stored_in_the_keyring_comes_back_too(
    world: World, server: RadicaleServer, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    world.env |= drawer.environment(kept)
    run = FirstRun(world, sign_in(server), stop_at="Write it so")
    assert "Taken back: The password in the keyring (kepthour-practice)." in run.said
    assert json.loads(kept.read_text()) == {}


@pytest.mark.parametrize("by", [signal.SIGHUP, signal.SIGTERM])
def test_a_terminal_that_is_closed_and_an_end_from_outside_stop_it_in_the_same_way(
    world: World, server: RadicaleServer, tmp_path: Path, by: int
) -> None:
    kept = tmp_path / "kept.json"
    world.env |= drawer.environment(kept)
    run = FirstRun(world, sign_in(server), stop_at="Write it so", by=by)
    assert run.code == 1
    assert "Taken back: The password in the keyring (kepthour-practice)." in run.said
    assert json.loads(kept.read_text()) == {}
    nothing_left(world)


def test_what_does_not_come_back_is_named(world: World, server: RadicaleServer, tmp_path: Path) -> None:
    world.env |= drawer.environment(tmp_path / "kept.json", "delete")
    run = FirstRun(world, sign_in(server), stop_at="Write it so")
    assert "Still there: The password in the keyring (kepthour-practice)." in run.said
    assert PASSWORD not in run.said


@pytest.mark.parametrize("option", [[], ["-v"]])
def test_where_nobody_answers_that_is_said(world: World, option: list[str]) -> None:
    done = world.cli("init", *option, expect=1)
    assert "There is nobody to answer: the input has ended." in done.stderr
    nothing_left(world)


def test_input_that_ends_in_the_middle_is_said_too(world: World) -> None:
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    done = subprocess.run(
        [KEPTHOUR, "init"],
        env=world.env,
        input="Europe/Berlin\nfile\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "There is nobody to answer" in done.stderr
    assert not world.config_file.exists()


def test_nothing_is_asked_where_a_configuration_is(world: World) -> None:
    world.configure("mine")
    run = FirstRun(world, {})
    assert (run.code, run.asked) == (1, [])
    assert world.config_file.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_told(world: World) -> None:
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    (world.home / ".config").symlink_to("nowhere")
    run = FirstRun(world, {"Which (": "file"})
    assert run.code == 1
    assert "could not be made" in run.said


def test_a_name_that_no_file_can_have_is_told_before_anything_is_asked(world: World) -> None:
    (world.home / ".config").write_text("a file")
    run = FirstRun(world, {})
    assert (run.code, run.asked) == (1, [])
    assert "config.toml cannot be written (Not a directory)." in run.said


def test_it_says_how_to_go_on_without_a_desktop_and_a_systemd(world: World) -> None:
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    run = FirstRun(world, {"Which (": "file"})
    assert "There is no session bus." in run.said
    assert "kepthour service install --now" in run.said


@pytest.mark.parametrize(("said", "channels"), [("", ["desktop", "terminal"]), ("n", ["desktop"])])
def test_without_a_desktop_reminders_come_to_a_terminal_if_that_is_wanted(
    world: World, said: str, channels: list[str]
) -> None:
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    run = FirstRun(world, {"Which (": "file", "Show reminders in the terminal": said})
    assert list(tomllib.loads(written(world))["channels"]) == channels
    assert ("Kept Hour: this is a test" in run.said) == ("terminal" in channels)


def test_a_zone_that_was_never_set_is_no_answer(world: World) -> None:
    world.env["TZ"] = "UTC"
    run = FirstRun(world, {"Your time zone": ["", "Europe/Berlin"]}, stop_at="Which (")
    assert (
        'This computer goes by UTC, as one does whose zone was never set. A zone is written like this: "Europe/Berlin".'
        in run.said
    )
    world.env["TZ"] = "Europe/Berlin"
    assert "This computer goes by UTC" not in FirstRun(world, {}, stop_at="Which (").said


def test_a_zone_that_has_no_name_is_asked_for_and_never_guessed(world: World) -> None:
    without_name(world)
    run = FirstRun(world, {"Your time zone": ["", "America/Lima"]}, stop_at="Which (")
    assert (
        'This computer does not tell its zone\'s name. A zone is written like this: "Europe/Berlin".'
        in run.said
    )
    assert "[UTC]" not in run.said


def test_without_systemd_no_unit_is_written(world: World) -> None:
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    world.cli("init", "--no-input")
    world.env["PATH"] = str(world.home)
    told = world.cli("service", "install", "--now", expect=1)
    assert told.stdout == "" and "There is no systemd on this machine." in told.stderr
    assert not (world.home / ".config" / "systemd").exists()


def test_the_first_reminder_is_told_and_rehearsed_at_once(world: World) -> None:
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    world.shift_clock(next_monday(time(8)))  # an hour before the first of that day
    said = FirstRun(world, {"Which (": "file"}).said
    first = next(
        one for one in world.json("rehearse", "--from", "today", "--to", "+7d")["reminders"] if one["session"]
    )
    assert said.partition("The first reminder: ")[2].splitlines()[0].endswith(first["text"])


def test_a_rehearsal_before_the_first_sync_says_why_it_is_empty(world: World) -> None:
    world.cli("init", "--no-input")
    assert "No calendar was read yet: kepthour sync" in world.cli("rehearse").stdout
