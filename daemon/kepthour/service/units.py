"""The units, as they are to stand on this machine. Templates lie beside: user/ for a desktop, system/ for none."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

SERVICE, ALERT = "kepthour.service", "kepthour-alert.service"
OURS = '# Written by "kepthour service install'  # how each of them begins
SECRETS = "/etc/kepthour/credentials"  # where the system's unit takes secrets from, a file each

_PLAIN = re.compile(r"[\w@%+=:,./-]+")


def user_units(
    program: Path, arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """By name: the units of a user's own systemd. `program` is the command's absolute path."""
    named = [_quoted(f"{name}={value}") for name, value in (environment or {}).items()]
    places = f"Environment={' '.join(named)}" if named else ""
    return _filled("user", {"COMMAND": command_line(program, arguments), "ENVIRONMENT": places})


def system_units(program: Path, credentials: Collection[str]) -> dict[str, str]:
    """By name: the units of the system's. `credentials` are those that the configuration asks systemd for."""
    # %d is the folder into which systemd puts them.
    command = f"{command_line(program, ['run', '--config'])} %d/config.toml"
    handed_in = "".join(f"LoadCredential={name}:{SECRETS}/{name}\n" for name in sorted(credentials))
    return _filled("system", {"COMMAND": command, "CREDENTIALS": handed_in.rstrip()})


def command_line(program: Path, arguments: Sequence[str]) -> str:
    """As ExecStart= wants it (systemd.service(5), "Command lines")."""
    return " ".join(_quoted(word) for word in (str(program), *arguments))


def _quoted(word: str) -> str:
    escaped = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(escaped):
        return escaped
    inner = escaped.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def _filled(folder: str, values: dict[str, str]) -> dict[str, str]:
    there = files("kepthour.service") / folder
    units = {name: (there / name).read_text(encoding="utf-8") for name in (SERVICE, ALERT)}
    for key, value in values.items():
        line = f"@{key}@"
        units = {name: text.replace(line if value else f"{line}\n", value) for name, text in units.items()}
    return units
