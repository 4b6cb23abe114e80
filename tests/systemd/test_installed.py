"""`kepthour service` with a real systemd: a user's, and the system's of a machine of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import site
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.fence import TITLE
from tests.support.first_run import FirstRun, practice_text
from tests.support.fixtures import require
from tests.support.machine import Machine, missing_for_machine
from tests.support.user_manager import UserManager
from tests.support.world import KEPTHOUR, World, eventually

SERVICE, ALERT = "kepthour.service", "kepthour-alert.service"
CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "@PATH@"
sessions = "all"
[channels.console]
type = "console"
"""


def a_calendar() -> str:
    start = datetime.now(UTC) + timedelta(hours=3)
    stamp = "%Y%m%dT%H%M%SZ"
    end = start + timedelta(minutes=50)
    return calendar(event("one", f"AB {TITLE}", f"{start:{stamp}}", f"{end:{stamp}}", zone=None))


@pytest.fixture
def world(user_manager: UserManager) -> World:
    made = user_manager.world
    (made.home / "practice.ics").write_text(a_calendar(), encoding="utf-8", newline="")
    made.configure(CONFIG.replace("@PATH@", "~/practice.ics"))
    return made


def service(manager: UserManager, *words: str, code: int = 0) -> str:
    done = manager.run(str(KEPTHOUR), "service", *words)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def test_installed_it_runs_is_started_again_and_goes(user_manager: UserManager, world: World) -> None:
    told = service(user_manager, "install", "--now")
    assert "Started. Watching 1 calendar." in told
    assert user_manager.show(SERVICE, "UnitFileState") == "enabled"
    assert world.json("status")["daemon"]["running"]

    shown = json.loads(service(user_manager, "show", "--json"))
    assert (shown["state"], shown["enabled"], shown["restarts"]) == ("active", True, 0)
    assert {unit["state"] for unit in shown["units"]} == {"installed"}

    process = user_manager.show(SERVICE, "MainPID")
    user_manager.run("kill", f"-{signal.SIGKILL:d}", process)
    eventually(lambda: user_manager.show(ALERT, "ExecMainStartTimestampMonotonic") != "0", "the alert")
    eventually(lambda: user_manager.show(SERVICE, "ActiveState") == "active", "the new one")
    assert user_manager.show(SERVICE, "MainPID") != process

    again = service(user_manager, "install")
    assert again.count("There already") == 2 and "Written" not in again
    assert "It runs still as it was started; anew: systemctl --user restart kepthour" in again

    gone = service(user_manager, "uninstall")
    assert gone.count("Removed:") == 2
    assert not world.json("status")["daemon"]["running"]
    assert user_manager.show(SERVICE, "LoadState") == "not-found"
    assert "It is not installed." in service(user_manager, "uninstall")


@pytest.mark.parametrize(("answer", "runs"), [("", True), ("n", False)])
def test_a_first_run_starts_it_unless_that_is_not_wanted(
    user_manager: UserManager, answer: str, runs: bool
) -> None:
    world = user_manager.world
    world.enter = user_manager.enter
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    run = FirstRun(world, {"Which (": "file", "Install it": answer})
    assert run.code == 0
    assert ("Started. Watching 1 calendar." in run.said) == runs
    assert ("Nobody is reminded until you do" in run.said) != runs
    assert world.json("status")["daemon"]["running"] == runs


def of_the_service(manager: UserManager) -> dict[str, object]:
    """The first that `check` says of it."""
    done = manager.run(str(KEPTHOUR), "check", "--json")
    return next(one for one in json.loads(done.stdout)["checks"] if one["name"] == "service")


def test_check_tells_how_the_service_is(user_manager: UserManager, world: World) -> None:
    assert of_the_service(user_manager)["remedy"] == "Install it: kepthour service install"
    service(user_manager, "install", "--now")
    assert of_the_service(user_manager)["state"] == "ok"

    unit = world.home / ".config" / "systemd" / "user" / SERVICE
    text = unit.read_text()
    unit.write_text(text.replace("Restart=always", "Restart=no"))
    assert "another than this program would write" in str(of_the_service(user_manager)["what"])
    unit.write_text(text.replace(str(KEPTHOUR), "/nowhere/kepthour"))
    gone = of_the_service(user_manager)
    assert gone["critical"] and "starts /nowhere/kepthour, which is not there" in str(gone["what"])
    unit.write_text(text)
    user_manager.systemctl("disable", SERVICE)
    assert "not enabled" in str(of_the_service(user_manager)["what"])
    user_manager.systemctl("enable", SERVICE)

    user_manager.systemctl("stop", SERVICE)
    with world.daemon():
        assert "is not the service's" in str(of_the_service(user_manager)["what"])


def test_a_clean_end_is_no_alarm(user_manager: UserManager, world: World) -> None:
    service(user_manager, "install", "--now")
    user_manager.systemctl("stop", SERVICE)
    assert user_manager.show(SERVICE, "Result") == "success"
    assert user_manager.show(ALERT, "ExecMainStartTimestampMonotonic") == "0"


def test_what_somebody_else_wrote_is_left_alone(user_manager: UserManager, world: World) -> None:
    user_manager.install(SERVICE, "[Service]\nExecStart=/bin/true\n")
    assert "was not written by this program" in service(user_manager, "install", code=1)
    assert "was not written by this program" in service(user_manager, "uninstall", code=1)


def test_installed_it_takes_up_a_changed_configuration(user_manager: UserManager, world: World) -> None:
    service(user_manager, "install", "--now")
    process = user_manager.show(SERVICE, "MainPID")
    more = CONFIG.replace("@PATH@", "~/practice.ics")
    more += '[[calendars]]\nname = "second"\ntype = "ics"\npath = "~/practice.ics"\n'
    world.configure(more)
    user_manager.systemctl("reload", SERVICE)
    eventually(lambda: user_manager.show(SERVICE, "StatusText") == "Watching 2 calendars.", "the reload")
    assert user_manager.show(SERVICE, "MainPID") == process


def test_a_slip_in_the_configuration_costs_no_daemon_that_runs(
    user_manager: UserManager, world: World
) -> None:
    service(user_manager, "install", "--now")
    process = user_manager.show(SERVICE, "MainPID")
    world.configure("nonsense = 1")
    assert "nonsense" in service(user_manager, "install", "--now", code=2)
    assert user_manager.show(SERVICE, "MainPID") == process


def test_a_daemon_that_runs_already_is_named(user_manager: UserManager, world: World) -> None:
    with world.daemon() as daemon:
        refused = service(user_manager, "install", "--now", code=1)
        assert f"process {daemon.process.pid}" in refused and "two daemons cannot share a store" in refused
    assert user_manager.show(SERVICE, "LoadState") == "not-found"


def test_a_dry_run_changes_nothing(user_manager: UserManager, world: World) -> None:
    told = service(user_manager, "install", "--now", "--dry-run")
    assert "Would write" in told and "Would enable kepthour.service and start it." in told
    assert user_manager.show(SERVICE, "LoadState") == "not-found"


def test_without_a_running_systemd_it_is_enabled_for_the_next_login(tmp_path: Path) -> None:
    require([] if shutil.which("systemctl") else ["systemctl"])
    world = World(tmp_path)
    told = world.cli("service", "install").stdout
    units = world.home / ".config" / "systemd" / "user"
    assert (units / "default.target.wants" / SERVICE).resolve() == units / SERVICE
    assert "Your systemd does not run here and now" in told and "There is no configuration yet" in told
    assert world.json("service", "show")["enabled"]
    assert "There is no configuration yet" in world.cli("service", "install", "--now", expect=1).stderr
    world.configure(CONFIG.replace("@PATH@", "~/practice.ics"))
    assert "It could not be started." in world.cli("service", "install", "--now", expect=1).stderr
    assert "goes on until you log out" in world.cli("service", "uninstall").stdout
    assert not [file for file in units.rglob("*") if file.is_symlink() or file.is_file()]


START = """#!{python}
import sys
sys.path[:0] = ["/opt/kepthour/daemon", "/opt/kepthour/connectors", "/opt/packages"]
from kepthour.cli.main import main
main()
"""


@pytest.fixture
def machine() -> Iterator[Machine]:
    """With this program under /opt, for everybody, and its configuration where root keeps it."""
    debian = Path("/usr/bin/python3").resolve()
    same = debian.name == f"python{sys.version_info.major}.{sys.version_info.minor}"
    require([*missing_for_machine(), *([] if same else ["Debian's own Python, of this version"])])
    root = Path(__file__).parents[2]
    with Machine({"kepthour": root, "packages": Path(site.getsitepackages()[0])}) as made:
        made.write("/usr/bin/kepthour", START.format(python=debian), 0o755)
        made.write("/etc/kepthour/config.toml", CONFIG.replace("@PATH@", "/srv/practice.ics") + SECRET, 0o600)
        made.write("/etc/kepthour/credentials/beat", "http://127.0.0.1:9/beat", 0o600)
        made.write("/srv/practice.ics", a_calendar(), 0o644)
        yield made


SECRET = '[heartbeat]\nurl = { credential = "beat" }\n'


def test_the_systems_service_runs_as_nobody_with_its_secrets_and_one_folder(machine: Machine) -> None:
    told = machine.run("kepthour", "service", "install", "--system", "--now")
    assert "Started. Watching 1 calendar." in told
    unit = machine.run("cat", f"/etc/systemd/system/{SERVICE}")
    assert "LoadCredential=beat:/etc/kepthour/credentials/beat" in unit

    user = machine.run("systemctl", "show", SERVICE, "--property=User,DynamicUser,MainPID")
    process = next(line.partition("=")[2] for line in user.splitlines() if line.startswith("MainPID"))
    status = machine.run("cat", f"/proc/{process}/status")
    uid = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
    assert int(uid) not in {0, os.getuid()}
    assert "DynamicUser=yes" in user
    assert machine.run("stat", "-L", "-c", "%a", "/var/lib/kepthour").strip() == "700"
    assert machine.run("stat", "-L", "-c", "%a", "/var/lib/kepthour/kepthour.db").strip() == "600"

    machine.run("kill", f"-{signal.SIGKILL:d}", process)
    eventually(lambda: started_again(machine, process), "the new one")
    alert = machine.run("systemctl", "show", ALERT, "--property=ExecMainStartTimestampMonotonic", "--value")
    assert alert.strip() != "0"

    machine.run("kepthour", "service", "uninstall", "--system")
    assert "inactive" in machine.run("systemctl", "show", SERVICE, "--property=ActiveState")


def started_again(machine: Machine, process: str) -> bool:
    shown = machine.run("systemctl", "show", SERVICE, "--property=ActiveState,MainPID").split()
    return "ActiveState=active" in shown and f"MainPID={process}" not in shown
