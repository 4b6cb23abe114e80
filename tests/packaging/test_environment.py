"""tools/environment: what `make demo` and `make test` do first, on machines that lack something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bare_machine import KEEP, TOOLS, BareMachine

_NO_VENV = "Python's venv is missing. Install it: sudo apt install python3-venv"


class Machine(BareMachine):
    """One whose pip reaches nothing."""

    def __init__(self, folder: Path, root: bool = False) -> None:
        super().__init__(folder, root)
        self.has_real("rm")
        self.environment = folder / ".venv"

    def has_python(self, before: str) -> None:
        """The real one; but first of all it does `before`, with its arguments."""
        self.has("python3", f'{before}\nexec {sys.executable} "$@"')

    def tried(self, python: str = "python3") -> subprocess.CompletedProcess[str]:
        return self.runs(
            TOOLS / "environment", python, "requirements.txt", PIP_NO_INDEX="1", PIP_CONFIG_FILE="/dev/null"
        )

    def said(self, python: str = "python3") -> str:
        """Its last words. It fails, and leaves nothing behind that would pass for an environment."""
        done = self.tried(python)
        assert done.returncode == 1
        assert not self.environment.exists()
        return done.stderr.splitlines()[-1]


def test_without_python_the_package_is_named(tmp_path: Path) -> None:
    said = Machine(tmp_path).said()
    assert said == "There is no python3 here. Install it: sudo apt install python3-venv"


def test_an_older_python_is_refused_and_another_can_be_named(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.has_python('case "$2" in *version_info*) exit 1 ;; esac')
    assert machine.said() == (
        "Kept Hour needs Python 3.11 or newer, which python3 is not. With another one: make PYTHON=python3.12 demo"
    )


def test_what_debian_leaves_out_is_named_at_every_try(tmp_path: Path) -> None:
    """`python3 -m venv` leaves a python without a pip behind, at which the next try must not stumble."""
    machine = Machine(tmp_path)
    machine.has_python('case "$2" in *ensurepip*) exit 1 ;; esac')
    (machine.environment / "bin").mkdir(parents=True)
    (machine.environment / "bin" / "python").symlink_to(sys.executable)
    (machine.environment / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
    done = machine.tried()
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, _NO_VENV)


@pytest.mark.parametrize("lacks", ["ensurepip", "python3"])
def test_root_gets_what_is_missing_and_it_goes_on(tmp_path: Path, lacks: str) -> None:
    machine = Machine(tmp_path, root=True)
    if lacks == "ensurepip":
        machine.has_python('case "$2" in *ensurepip*) exit 1 ;; esac')
    machine.has("apt-get", f"{KEEP}\nexec python3-venv")
    machine.has("python3-venv", 'printf "#!/bin/sh\\n" >"${0%/*}/python3" && /bin/chmod +x "${0%/*}/python3"')
    done = machine.tried()
    assert machine.calls.read_text().splitlines()[-1] == "install -y -qq --no-install-recommends python3-venv"
    assert done.stderr.splitlines()[1].startswith("Making .venv")


def test_where_pip_fails_nothing_half_made_stays(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.has_python('[ "$2" != venv ] || set -- "$@" --without-pip')
    assert machine.said() == (
        "The Python packages could not be installed, for the reason above. "
        "Where that is the network: once it is back, try again."
    )
