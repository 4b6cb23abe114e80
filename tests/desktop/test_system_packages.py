"""tools/system-packages: run on a machine that has only the programs a test gives it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.bare_machine import KEEP, TOOLS, BareMachine

SCRIPT = TOOLS / "system-packages"
_SOUND = ("pipewire", "wireplumber", "pw-play", "pulseaudio", "paplay")
_WINDOWS = ("xrandr",)
_CLIPBOARD = ("xclip", "xsel")
_DESKTOP = (
    "Xvfb",
    "dunst",
    "dunstctl",
    "xfce4-notifyd-config",
    "notification-daemon",
    "xdotool",
    *_CLIPBOARD,
)
_BROWSER = ("chromium",)
_SHELLS = ("zsh", "fish", "man")
_PROGRAMS = (*_DESKTOP, *_BROWSER, *_SHELLS, *_WINDOWS, "dbus-daemon", "busctl", "cc", *_SOUND)
_LIBRARIES = (
    "libEGL.so.1", "libGL.so.1", "libfontconfig.so.1", "libdbus-1.so.3", "libxcb-cursor.so.0", "libxcb-icccm.so.4",
    "libxcb-image.so.0", "libxcb-keysyms.so.1", "libxcb-render-util.so.0", "libxkbcommon-x11.so.0",
)  # fmt: skip


class Machine(BareMachine):
    """`bin` is all of its PATH, and `lib` all of its libraries."""

    def __init__(self, folder: Path, root: bool) -> None:
        super().__init__(folder, root)
        self.libraries = folder / "lib"
        self.libraries.mkdir()
        for library in _LIBRARIES:
            (self.libraries / library).touch()
        (self.libraries / "stdlib.h").touch()
        self.lacks_a_mock = False

    def run(self, ci: bool = False) -> subprocess.CompletedProcess[str]:
        mock = "dbusmock" if self.lacks_a_mock else ""
        return self.runs(
            SCRIPT,
            CI="true" if ci else "",
            LIBRARY_FOLDERS=str(self.libraries),
            HEADERS=str(self.libraries),
            SYSTEM_BUS=str(self.libraries),
            DBUSMOCK=str(self.libraries / mock),
        )


def test_nothing_is_done_or_said_where_all_is_there(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=True)
    for program in _PROGRAMS:
        machine.has(program)
    machine.has("apt-get", KEEP)
    done = machine.run(ci=True)
    assert (done.returncode, done.stdout + done.stderr, machine.calls.exists()) == (0, "", False)


def test_root_installs_what_is_missing_each_package_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=True)
    for program in set(_PROGRAMS) - {"dunst", "dunstctl", "Xvfb"}:
        machine.has(program)
    machine.has("apt-get", KEEP)
    assert machine.run().returncode == 0
    assert machine.calls.read_text().splitlines() == [
        "update -qq",
        "install -y -qq --no-install-recommends xvfb dunst",
    ]


@pytest.mark.parametrize(
    ("programs", "said"),
    [
        ({"Xvfb"}, "xvfb. The tests on a desktop and with windows cannot run."),
        ({"xfce4-notifyd-config"}, "xfce4-notifyd. The tests on a desktop cannot run."),
        ({"xsel"}, "xsel. The tests on a desktop cannot run."),
        ({"xrandr"}, "x11-xserver-utils. The tests with windows cannot run."),
        ({"xdotool"}, "xdotool. The tests on a desktop and with windows cannot run."),
        ({"busctl"}, "systemd. The tests on a desktop and under systemd cannot run."),
        ({"cc"}, "gcc. The tests with a turned clock cannot run."),
        ({"pipewire", "pw-play"}, "pipewire-bin. The tests with sound cannot run."),
        ({"chromium"}, "chromium. The tests in a browser cannot run."),
        ({"fish"}, "fish. The tests of shells and man pages cannot run."),
        ({"paplay"}, "pulseaudio-utils. The tests with sound cannot run."),
    ],
)
def test_the_tests_that_cannot_run_are_named(tmp_path: Path, programs: set[str], said: str) -> None:
    machine = Machine(tmp_path, root=False)
    for program in set(_PROGRAMS) - programs:
        machine.has(program)
    assert machine.run().stderr.splitlines()[-1] == f"Not installed, and not possible to install: {said}"


def test_a_library_that_qt_lacks_is_installed_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=True)
    for program in _PROGRAMS:
        machine.has(program)
    (machine.libraries / "libxcb-icccm.so.4").unlink()
    machine.has("apt-get", KEEP)
    assert machine.run().returncode == 0
    assert machine.calls.read_text().splitlines()[-1].endswith("--no-install-recommends libxcb-icccm4")


def test_a_compiler_without_headers_is_none(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=False)
    for program in _PROGRAMS:
        machine.has(program)
    (machine.libraries / "stdlib.h").unlink()
    said = "libc6-dev. The tests with a turned clock cannot run."
    assert machine.run().stderr.splitlines()[-1] == f"Not installed, and not possible to install: {said}"


def test_a_mock_that_is_not_in_the_path_is_named_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=False)
    machine.lacks_a_mock = True
    for program in _PROGRAMS:
        machine.has(program)
    said = "python3-dbusmock. The tests with logind cannot run."
    assert machine.run().stderr.splitlines()[-1] == f"Not installed, and not possible to install: {said}"


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize(("ci", "code"), [(False, 0), (True, 1)])
def test_what_cannot_be_installed_is_told_in_a_line_and_fails_only_in_ci(
    tmp_path: Path, root: bool, ci: bool, code: int
) -> None:
    machine = Machine(tmp_path, root=root)
    for program in set(_PROGRAMS) - {"dunst", "dunstctl"}:
        machine.has(program)
    machine.has("apt-get", "exit 100")  # no network
    done = machine.run(ci=ci)
    assert done.returncode == code
    assert done.stderr.splitlines()[-2:] == [
        "Not installed, and not possible to install: dunst. The tests on a desktop cannot run.",
        "By hand: sudo apt-get install --no-install-recommends dunst",
    ]


def test_apt_get_is_heard_only_where_it_fails(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=True)
    for program in set(_PROGRAMS) - {"dunst", "dunstctl"}:
        machine.has(program)
    machine.has(
        "apt-get", 'echo "Unpacking ..."; [ "$1" = update ] || { echo "E: no such package" >&2; exit 100; }'
    )
    done = machine.run()
    assert "E: no such package" in done.stderr and "Unpacking" not in done.stdout + done.stderr
