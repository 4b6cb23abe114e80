"""Whether the daemon is a service of systemd that starts with the login, and starts this very program."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.core.errors import NeedsPerson
from kepthour.service.files import Standing, Unit
from kepthour.service.manager import Manager, lingers
from kepthour.service.units import SERVICE
from kepthour.service.wanted import wanted_of_user

NAME = "service"
_AGAIN = "Write it anew: kepthour service install --now"
_LOGGED_IN = "It runs while you are logged in"


@dataclass(frozen=True, slots=True)
class Found:
    """What systemd says, and what lies in its folders."""

    standing: Standing  # of the user's unit
    state: dict[str, str]  # what systemd says of it; of what it cannot be asked nothing
    starts: str | None  # the program that the unit names; None: it names none
    is_there: bool  # whether that program is
    both: bool  # the system has such a unit, too
    lingers: bool


def examine(config: Path, pid: int | None) -> list[Check]:
    """`config` is the configuration's file; `pid` is the daemon's that holds the store's lock; None: none does."""
    try:
        found = _look(config.absolute())
    except NeedsPerson as error:
        return [skipped(NAME, None, f"{error.what} What starts the daemon is not known here.")]
    except (OSError, ValueError):
        what = f"Its unit {Manager().folder / SERVICE} cannot be read."
        return [problem(NAME, None, what, "Look at that file.", critical=False)]
    return judged(found, pid)


def judged(found: Found, pid: int | None) -> list[Check]:
    """The troubles, or that there is none."""
    if found.standing is Standing.NOT_INSTALLED:
        if found.both:
            return [
                skipped(
                    NAME,
                    None,
                    "The system's service is installed; see it with: kepthour service show --system",
                )
            ]
        what = "It is not installed: after the next login nothing starts the daemon."
        return [problem(NAME, None, what, "Install it: kepthour service install", critical=False)]
    troubles = [*_unit(found), *_running(found, pid)]
    lasting = (
        "It starts with the machine." if found.lingers else f"{_LOGGED_IN} (else: loginctl enable-linger)."
    )
    return troubles or [ok(NAME, None, f"It is installed, enabled, and starts this program. {lasting}")]


def _unit(found: Found) -> list[Check]:
    troubles = []
    if not found.is_there:
        what = f"Its unit starts {found.starts or 'nothing'}, which is not there."
        troubles.append(problem(NAME, None, what, _AGAIN, critical=True))
    elif found.standing is Standing.DIFFERS:
        what = "Its unit is another than this program would write: an older one, or of another installation or file."
        remedy = f"See both: kepthour service show. {_AGAIN}"
        troubles.append(problem(NAME, None, what, remedy, critical=False))
    if found.state.get("UnitFileState") not in {"enabled", "enabled-runtime"}:
        what = "It is installed, and not enabled: after the next login nothing starts the daemon."
        troubles.append(
            problem(NAME, None, what, "Enable it: systemctl --user enable kepthour", critical=False)
        )
    if found.both:
        what = "The system's service is installed, too: two daemons would remind of the same sessions."
        remedy = "Remove one: kepthour service uninstall, or with --system as root."
        troubles.append(problem(NAME, None, what, remedy, critical=False))
    return troubles


def _running(found: Found, pid: int | None) -> list[Check]:
    state, own = found.state.get("ActiveState"), found.state.get("MainPID", "0")
    if state == "failed" or (state == "activating" and found.state.get("SubState") == "auto-restart"):
        what = "It ends again and again." if state == "activating" else "It failed, and is not started again."
        return [problem(NAME, None, what, "See why: journalctl --user -u kepthour", critical=True)]
    if pid is not None and state is not None and own != str(pid):
        what = f"A daemon runs (process {pid}) that is not the service's."
        remedy = "End it, and start the service: systemctl --user restart kepthour"
        return [problem(NAME, None, what, remedy, critical=False)]
    return []


def _look(config: Path) -> Found:
    """Raises NeedsPerson if there is no systemd, OSError and ValueError for a unit that cannot be read."""
    manager = Manager()
    file = manager.folder / SERVICE
    state = manager.state(SERVICE)
    unit = Unit(file, wanted_of_user(config)[SERVICE])
    starts = _program(file) if unit.standing is not Standing.NOT_INSTALLED else None
    return Found(
        unit.standing,
        state,
        starts,
        starts is not None and Path(starts).exists(),
        (Manager(system=True).folder / SERVICE).exists(),
        lingers(),
    )


def _program(file: Path) -> str | None:
    """What ExecStart= names, as `units.command_line` writes it."""
    for line in file.read_text(encoding="utf-8").splitlines():
        key, _equals, command = line.partition("=")
        if key.strip() == "ExecStart" and command.strip():
            return shlex.split(command)[0].replace("%%", "%").replace("$$", "$").lstrip("-@:+!")
    return None
