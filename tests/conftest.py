"""For all tests: quiet logs, and a home of their own."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kepthour.runtime.logs import set_up
from tests.support.fence import fenced, watch_logs
from tests.support.fixtures import (
    desktop,
    each_desktop,
    logind,
    monitors,
    session_bus,
    stage,
    turnable_clock,
    user_manager,
)

__all__ = [
    "desktop",
    "each_desktop",
    "logind",
    "monitors",
    "session_bus",
    "stage",
    "turnable_clock",
    "user_manager",
]


# How long an example takes says how busy the machine is. On a build machine (CI) hypothesis has other usual settings.
settings.register_profile(
    "any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30  # bytes; what is left of a whole run is far less


def _has_room(folder: Path) -> bool:
    """Whether all that tests write may lie there, the programs too that they make."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= _ROOM


# Each commit waits for its disk, of which there are hundreds of thousands. In memory a store does the same, at once.
if _has_room(_MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture(autouse=True)
def _own_world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reads or writes the configuration, data or keyring of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "KEPTHOUR_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")  # notices are English, whoever runs it
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    set_up(2)
    logged = watch_logs()
    yield
    for event in logged:
        fenced(event)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: half of a whole run's time a worker waits for something that is to happen."""
    return len(os.sched_getaffinity(0)) + 1


# The files that take longest: begun last, one of them would keep one worker busy when the others have nothing left.
# Those that compute and those that wait in turn.
_LONGEST = (
    "model/test_weeks_1.py",
    "server/test_daemon_on_a_file.py",
    "model/test_weeks_2.py",
    "systemd/test_installed.py",
    "model/test_weeks_3.py",
    "server/test_store_damaged.py",
    "model/test_weeks_4.py",
    "cli/test_store.py",
    "cli/test_fuzzed_commands.py",
    "runtime/test_daemon.py",
    "server/test_killed_daemon.py",
    "cli/test_init.py",
    "cli/test_fuzzed_configurations.py",
    "server/test_stepped_clock.py",
    "packaging/test_packages.py",
    "desktop/test_notification_daemons.py",
    "server/test_store_in_trouble.py",
    "sound/test_real_servers.py",
    "scenario/test_situations.py",
    "server/test_heartbeat_of_the_daemon.py",
    "store/test_rescue.py",
    "cli/test_demo.py",
)
_PLACES = {Path(__file__).parent / name: place for place, name in enumerate(_LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; all others in their order. Needs `--no-loadscope-reorder` of pytest-xdist."""
    items.sort(key=lambda item: _PLACES.get(item.path, len(_PLACES)))


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector need not look through all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI nothing may be skipped: a part that is missing there is a hole in the proof."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("CI") == "true":
        terminalreporter.section("skipped in CI", sep="!", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """See `pytest_terminal_summary`."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped") and os.environ.get("CI") == "true":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
