"""Kept Hour and its peers, each with a home of its own, and their commands as a user would give them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.calendar_of_a_practice import ZONE
from bench.measuring import BUILD, Cost, Failed, run
from tests.support.dav import PASSWORD, USER
from tests.support.world import World

PEERS = BUILD / "peers" / "bin"
_VDIRSYNCER = """
[general]
status_path = "{folder}/status"
[pair practice]
a = "server"
b = "here"
collections = null
[storage server]
type = "caldav"
url = "{url}"
username = "{user}"
password = "{password}"
read_only = true
[storage here]
type = "filesystem"
path = "{items}"
fileext = ".ics"
"""
_KHAL = """
[calendars]
[[practice]]
path = {items}
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
default_timezone = {zone}
local_timezone = {zone}
[sqlite]
path = {folder}/khal.db
"""
_KEPTHOUR = f"""
timezone = "{ZONE}"
[[calendars]]
name = "practice"
sessions = "all"
{{source}}
[channels.script]
type = "command"
argv = ["/bin/true"]
"""


class KeptHour:
    """The installed command, with one calendar, every event of which is a session."""

    def __init__(self, folder: Path, source: str, more: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.world = World(folder)
        self.world.configure(_KEPTHOUR.format(source=source) + more)

    @classmethod
    def of_server(cls, folder: Path, url: str, more: str = "", poll: str = "1m") -> KeptHour:
        """Its calendar is the one at `url`."""
        lines = ('type = "caldav"', f'url = "{url}"', f'username = "{USER}"', f'poll = "{poll}"')
        made = cls(folder, "\n".join((*lines, 'password = { env = "PASSWORD" }')), more)
        made.world.env["PASSWORD"] = PASSWORD
        return made

    @classmethod
    def of_file(cls, folder: Path, file: Path, more: str = "") -> KeptHour:
        """Its calendar is this file."""
        return cls(folder, f'type = "ics"\npath = "{file}"', more)

    def cost(self, *args: str, codes: tuple[int, ...] = (0,)) -> Cost:
        """One command."""
        return run([*self.world.program, *args], self.world.env, codes)

    def sync(self) -> Cost:
        """`said` is its JSON."""
        return self.cost("sync", "--json")

    def synced(self, changed: int) -> Cost:
        """A sync that must find so many changes. Raises Failed."""
        cost = self.sync()
        (found,) = json.loads(cost.said)["calendars"]
        if found["changed"] != changed:
            raise Failed(f"kepthour sync found {found['changed']} changes, not {changed}")
        return cost

    def polled(self) -> Cost:
        """The same as a sync, in as much time as it takes: a command gives up after 40 seconds, the daemon does not."""
        return run(
            [sys.executable, "-m", "bench.inside", "poll", str(self.world.config_file)], self.world.env
        )

    def forget(self) -> None:
        """As on the first day."""
        shutil.rmtree(self.world.store_file.parent, ignore_errors=True)

    def agenda(self, start: date, days: int) -> Cost:
        """The sessions of so many days from `start` on, for a reader."""
        return self.cost("agenda", "--from", f"{start}", "--to", f"{start + timedelta(days)}")

    def sessions(self, start: date, days: int) -> int:
        """How many these are."""
        said = self.cost("agenda", "--from", f"{start}", "--to", f"{start + timedelta(days)}", "--json").said
        return len(json.loads(said)["sessions"])

    def store_megabytes(self) -> float:
        """The store's file with its journal."""
        files = self.world.store_file.parent.glob(self.world.store_file.name + "*")
        return sum(file.stat().st_size for file in files) / 1024**2


class Vdirsyncer:
    """vdirsyncer, which keeps a folder of files in step with the server; reading only, as Kept Hour does."""

    name = "vdirsyncer"

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir()
        self.items, self._status, self._config = folder / "items", folder / "status", folder / "config"
        text = _VDIRSYNCER.format(folder=folder, url=url, user=USER, password=PASSWORD, items=self.items)
        self._config.write_text(text)
        self._env = _environment(folder)

    def _run(self, command: str) -> Cost:
        return run([_peer("vdirsyncer"), "--config", str(self._config), command], self._env)

    def synced(self, events: int) -> Cost:
        """A sync after which so many events must be there. Raises Failed."""
        cost = self._run("sync")
        found = sum(1 for _ in self.items.glob("*.ics"))
        if found != events:
            raise Failed(f"vdirsyncer has {found} events, not {events}")
        return cost

    def holds(self, change: tuple[str, str]) -> None:
        """Raises Failed unless the resource with this name has this title."""
        name, title = change
        if title not in (self.items / name).read_text(encoding="utf-8"):
            raise Failed("vdirsyncer has not seen the change")

    def forget(self) -> None:
        """As on the first day, but that it has discovered the collection."""
        for folder in (self.items, self._status):
            shutil.rmtree(folder, ignore_errors=True)
        self.items.mkdir()
        self._run("discover")


class Khal:
    """khal, which shows the events of such a folder, from a cache of its own."""

    name = "khal"

    def __init__(self, folder: Path, items: Path) -> None:
        folder.mkdir()
        self._config = folder / "config"
        self._config.write_text(_KHAL.format(folder=folder, items=items, zone=ZONE))
        self._env = _environment(folder)

    def list(self, start: date, days: int) -> Cost:
        """The events of so many days from `start` on, one a line."""
        shown = ["--format", "{start-time} {title}", "--day-format", ""]
        return run(
            [_peer("khal"), "--config", str(self._config), "list", *shown, f"{start}", f"{days}d"], self._env
        )

    def events(self, start: date, days: int) -> int:
        """How many these are."""
        return len([line for line in self.list(start, days).said.splitlines() if line.strip()])

    def version(self) -> Cost:
        return run([_peer("khal"), "--version"], self._env)


def versions() -> dict[str, str]:
    """Of the peers, as they say it themselves; none, if it is not there."""
    found: dict[str, Any] = {}
    for name in (Vdirsyncer.name, Khal.name):
        try:
            found[name] = run([_peer(name), "--version"], _environment(BUILD)).said.split()[-1]
        except Failed:
            continue
    return found


def _peer(name: str) -> str:
    command = PEERS / name
    if not command.exists():
        raise Failed(f"{name} is not installed: make bench does it")
    return str(command)


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "dumb"}
