"""A slip in the configuration must not silence the therapist: answers go by the one that the daemon took up last."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.test_commands import CONFIG, at, put
from tests.support.world import World, eventually

SLIPS = {
    "not TOML": CONFIG.replace('type = "ics"', 'type = "ics'),
    "an unknown key": CONFIG + '[reminders]\nprofil = "gentle"\n',
    "half of it": CONFIG[: len(CONFIG) // 2],
    "nothing": "",
}
ANSWERS = [["ack"], ["snooze", "1m"], ["late", "3m"], ["here"], ["out"], ["settle"], ["sweep"], ["repair"]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A daemon ran with a configuration that was in order; a session begins in three minutes."""
    made = World(tmp_path)
    made.configure(CONFIG)
    put(made, ("one", "AB", at(minutes=3)))
    made.cli("sync")
    with made.daemon():
        pass
    return made


def kept(world: World) -> Path:
    (found,) = world.store_file.parent.glob("taken-up-*")
    return found


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_with_a_slip_in_it_answers_go_by_the_configuration_that_the_daemon_took_up(
    world: World, slip: str
) -> None:
    world.configure(slip)
    _answered(world, ["here"])
    world.configure(CONFIG)
    (session,) = world.json("agenda")["sessions"]
    assert (session["state"], session["verdict"]) == ("in_session", "on_time")


def test_a_secret_that_others_may_read_holds_up_no_answer(world: World) -> None:
    secret = world.home / "secret"
    secret.write_text("https://cal.example.org/feed.ics\n", encoding="utf-8")
    secret.chmod(0o600)
    feed = f'[[calendars]]\nname = "feed"\ntype = "ics"\nurl = {{ file = "{secret}" }}\nsessions = "none"\n'
    world.configure(CONFIG.replace("[channels", feed + "[channels", 1))
    with world.daemon():
        pass
    secret.chmod(0o644)
    done = world.cli("here")
    assert "others may read" in done.stderr and "Checked in" in done.stdout
    assert "others may read" in world.cli("agenda", expect=2).stderr


def test_so_does_every_answer(world: World) -> None:
    world.configure(SLIPS["not TOML"])
    for answer in ANSWERS:
        _answered(world, answer)
    world.configure(CONFIG)
    (session,) = world.json("agenda")["sessions"]
    assert (session["state"], session["verdict"]) == ("ended", "on_time")


def _answered(world: World, answer: list[str]) -> None:
    done = world.cli(*answer)
    assert done.stderr.count("has a fault") == 1
    assert "has a fault" in done.stderr and "kepthour check" in done.stderr


def test_the_fault_is_told_on_standard_error_and_the_document_is_whole(world: World) -> None:
    world.configure(SLIPS["an unknown key"])
    assert world.json("here")["state"] == "in_session"
    told = world.cli("here").stderr
    assert str(world.config_file) in told
    assert 'reminders.profil: there is no such key; did you mean "profile"?' in told


def test_the_daemon_that_runs_hears_of_it(world: World) -> None:
    put(world, ("one", "AB", at(minutes=2)))
    with world.daemon():
        eventually(world.rungs, "a reminder")
        world.configure(SLIPS["not TOML"])
        world.cli("here")
        world.configure(CONFIG)
        log = eventually(
            lambda: [one for one in world.json("log")["deliveries"] if one["why"] == "checked_in"],
            "the end of the ladder",
        )
    assert log


def test_all_that_is_no_answer_refuses_with_every_fault(world: World) -> None:
    world.configure(SLIPS["an unknown key"].replace("practice.ics", "") + "[verdict]\nlate = 1\n")
    for command in ("agenda", "status", "away", "run"):
        said = world.cli(command, expect=2).stderr
        assert "reminders.profil" in said and "verdict.late" in said


def test_status_tells_every_fault_first_and_then_what_is_known(world: World) -> None:
    before = world.json("status")
    world.configure(SLIPS["an unknown key"] + "[verdict]\nlate = 1\n")
    done = world.cli("status", expect=2)
    assert "reminders.profil" in done.stderr and "verdict.late" in done.stderr
    assert "goes by the one that the daemon took up last" in done.stderr
    assert "Daemon: not running" in done.stdout and "Next session:" in done.stdout
    assert world.json("status", expect=2) == before


def test_status_has_nothing_to_go_by_where_no_daemon_ran(world: World) -> None:
    kept(world).unlink()
    world.configure(SLIPS["an unknown key"])
    assert world.cli("status", expect=2).stdout == ""


def test_a_file_that_is_not_there_is_no_slip(world: World) -> None:
    world.config_file.unlink()
    assert "kepthour init" in world.cli("here", expect=2).stderr


def test_another_file_is_another_configuration(world: World) -> None:
    other = world.home / "other.toml"
    other.write_text("nonsense", encoding="utf-8")
    assert "this is not TOML" in world.cli("here", "--config", str(other), expect=2).stderr


def test_where_no_daemon_ever_ran_a_faulty_one_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.configure(SLIPS["not TOML"])
    assert "this is not TOML" in world.cli("here", expect=2).stderr


def test_the_store_is_found_wherever_it_lies(world: World) -> None:
    elsewhere = CONFIG + f'[store]\nurl = "{world.home}/elsewhere/kepthour.db"\n'
    world.configure(elsewhere)
    world.cli("sync")
    with world.daemon():
        pass
    world.configure(elsewhere + "nonsense")
    assert world.json("here")["changed"] is True


def test_the_copy_is_for_its_owner_alone(world: World) -> None:
    modes = [one.stat().st_mode & 0o777 for one in (kept(world).parent, kept(world))]
    assert modes == [0o700, 0o600]
    assert kept(world).read_bytes() == world.config_file.read_bytes()


def test_what_a_reload_takes_up_counts_and_what_it_refuses_does_not(world: World) -> None:
    with world.daemon() as daemon:
        world.configure(CONFIG + "# changed\n")
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: "configuration.reloaded" in daemon.said(), "the reload")
        world.configure("nonsense")
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: "configuration.refused" in daemon.said(), "the refusal")
    assert kept(world).read_text(encoding="utf-8").endswith("# changed\n")


def test_a_second_daemon_that_is_refused_takes_nothing_up(world: World) -> None:
    with world.daemon():
        world.configure(CONFIG + "# changed\n")
        world.cli("run", expect=1)
    assert "# changed" not in kept(world).read_text(encoding="utf-8")


def test_where_no_copy_can_be_kept_the_daemon_runs_all_the_same(world: World) -> None:
    copy = kept(world)
    copy.unlink()
    copy.mkdir()
    with world.daemon() as daemon:
        assert "configuration.not_kept" in daemon.said()


def test_a_change_that_is_not_taken_up_yet_is_told_until_it_is(world: World) -> None:
    """Whoever changes a channel and forgets the reload must not think that all is well."""
    word = "goes by the configuration of before"
    with world.daemon() as daemon:
        assert word not in world.cli("status").stdout
        world.configure(CONFIG + '[reminders]\nprofile = "gentle"\n')
        assert word in world.cli("status").stdout
        checks = json.loads(world.run(["check", "--json"]).stdout)["checks"]
        (check,) = [one for one in checks if word in one["what"]]
        assert (check["name"], check["state"], check["critical"]) == ("daemon", "problem", False)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: word not in world.cli("status").stdout, "the change to be taken up")
    world.configure(CONFIG)
    assert word not in world.cli("status").stdout  # no daemon goes by any
