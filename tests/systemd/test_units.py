"""The units that `kepthour service` writes: sound by systemd's own judgement, and as tight as they can be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from kepthour.service.units import command_line, system_units, user_units
from tests.support.fixtures import require
from tests.support.world import KEPTHOUR


@pytest.fixture(autouse=True)
def _systemd() -> None:
    require([] if shutil.which("systemd-analyze") else ["systemd"])


def analyzed(folder: Path, units: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    for name, text in units.items():
        (folder / name).write_text(text, encoding="utf-8")
    env = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    files = [str(folder / name) for name in units]
    return subprocess.run(
        ["systemd-analyze", *words, *files], capture_output=True, text=True, env=env, check=False, timeout=60
    )


UNITS = {
    "user": (("--user",), user_units(KEPTHOUR, ["run"])),
    "user, own file": (("--user",), user_units(KEPTHOUR, ["run", "--config", '/tmp/a "b" 100%$x\\/c.toml'])),
    "user, own places": (("--user",), user_units(KEPTHOUR, ["run"], {"XDG_STATE_HOME": "/tmp/a b/100%"})),
    "system": ((), system_units(KEPTHOUR, [])),
    "system, secrets": ((), system_units(KEPTHOUR, ["ehr-feed", "phone"])),
}


@pytest.mark.parametrize("case", UNITS)
def test_systemd_finds_nothing_to_say(tmp_path: Path, case: str) -> None:
    options, units = UNITS[case]
    done = analyzed(tmp_path, units, *options, "verify", "--man=no")
    # It ends with 0 on a key that it does not know, too: what it says is what counts.
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_key_would_be_told(tmp_path: Path) -> None:
    units = user_units(KEPTHOUR, ["run"])
    units["kepthour.service"] = units["kepthour.service"].replace("Restart=", "Restrat=")
    assert "Restrat" in analyzed(tmp_path, units, "--user", "verify", "--man=no").stderr


def test_the_system_unit_is_exposed_to_little(tmp_path: Path) -> None:
    unit = {"kepthour.service": system_units(KEPTHOUR, [])["kepthour.service"]}
    done = analyzed(tmp_path, unit, "security", "--offline=true", "--threshold=15", "--no-pager")
    assert done.returncode == 0, done.stdout


def test_nothing_is_left_to_fill_in() -> None:
    for _options, units in UNITS.values():
        assert not [text for text in units.values() if re.search("@[A-Z]+@", text)]


def test_the_units_call_nothing_but_us_a_shell_and_systemds_own() -> None:
    """What else there is differs: a small system may lack /bin/kill, and its shell has one of its own."""
    programs = {
        program
        for _options, units in UNITS.values()
        for text in units.values()
        for program in re.findall(r"^Exec\w+=[-+]*(\S+)", text, re.MULTILINE)
    }
    assert programs == {str(KEPTHOUR), "/bin/sh", "busctl"}


def test_what_a_profile_sets_is_written_down() -> None:
    text = user_units(KEPTHOUR, ["run"], {"XDG_STATE_HOME": "/tmp/a b/100%"})["kepthour.service"]
    assert '\nEnvironment="XDG_STATE_HOME=/tmp/a b/100%%"\n' in text
    assert "Environment=" not in user_units(KEPTHOUR, ["run"])["kepthour.service"]


def test_secrets_are_handed_in_by_name() -> None:
    text = system_units(KEPTHOUR, ["phone", "ehr-feed"])["kepthour.service"]
    assert "LoadCredential=ehr-feed:/etc/kepthour/credentials/ehr-feed\nLoadCredential=phone:" in text


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run"], "/usr/bin/kepthour run"),
        (["a b"], '/usr/bin/kepthour "a b"'),
        (["100%"], "/usr/bin/kepthour 100%%"),
        (["$HOME"], '/usr/bin/kepthour "$$HOME"'),
        (['a"b\\c'], '/usr/bin/kepthour "a\\"b\\\\c"'),
    ],
)
def test_a_command_line_says_to_systemd_what_it_says_to_us(words: list[str], line: str) -> None:
    assert command_line(Path("/usr/bin/kepthour"), words) == line
