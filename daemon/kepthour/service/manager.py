"""systemd, asked by systemctl: it reaches a user's systemd where the session bus does not."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kepthour.core.errors import NeedsPerson

_LINGERING = Path("/var/lib/systemd/linger")  # loginctl says nothing of a user who is not logged in
_SECONDS = 200.0  # a start waits until the daemon has taken up its work


class Refused(NeedsPerson):
    """systemd refused."""


@dataclass(frozen=True, slots=True)
class Manager:
    """The systemd of a user (their own), or of the system."""

    system: bool = False

    @property
    def folder(self) -> Path:
        """Where units of one's own lie."""
        if self.system:
            return Path("/etc/systemd/system")
        home = os.environ.get("XDG_CONFIG_HOME")
        return (Path(home) if home else Path.home() / ".config") / "systemd" / "user"

    @property
    def prefix(self) -> str:
        """How systemctl is called, for people."""
        return "systemctl" if self.system else "systemctl --user"

    def is_there(self) -> bool:
        """Whether it can be asked; a user's runs only while they are logged in, or linger."""
        return self._run("show-environment").returncode == 0

    def tell(self, *words: str) -> None:
        """Raises Refused."""
        done = self._run(*words)
        if done.returncode:
            why = done.stderr.strip().splitlines()
            raise Refused(
                f"systemd refused: {why[0] if why else self.prefix + ' ' + ' '.join(words)}",
                f"Look: {self.prefix} status kepthour",
            )

    def tell_offline(self, *words: str) -> None:
        """Enable or disable while it does not run: it finds that at its start. Raises Refused."""
        done = self._run(*words, SYSTEMD_OFFLINE="1")
        if done.returncode:
            why = done.stderr.strip().splitlines()
            raise Refused(f"systemctl refused: {why[0] if why else 'without a word'}", "Enable it by hand.")

    def state(self, unit: str) -> dict[str, str]:
        """What it says of `unit`; only whether that is enabled, if it does not run."""
        wanted = "ActiveState,SubState,UnitFileState,MainPID,StatusText,NRestarts"
        done = self._run("show", f"--property={wanted}", unit)
        if done.returncode:
            return {"UnitFileState": self._run("is-enabled", unit, SYSTEMD_OFFLINE="1").stdout.strip()}
        pairs = (line.partition("=") for line in done.stdout.splitlines())
        return {key: value for key, _equals, value in pairs if key}

    def _run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        program = shutil.which("systemctl")
        if program is None:
            raise NeedsPerson(
                "There is no systemd on this machine.",
                'Let your own service manager run "kepthour run", and start it again whenever it ends.',
            )
        scope = [] if self.system else ["--user"]
        command = [program, *scope, "--no-pager", "--no-ask-password", *words]
        try:
            return subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
                env={**os.environ, **more},
            )
        except subprocess.TimeoutExpired:
            raise Refused("systemd did not answer in time.", f"Look: {self.prefix} status kepthour") from None


def lingers() -> bool:
    """Whether this user's services run without a login."""
    return (_LINGERING / pwd.getpwuid(os.getuid()).pw_name).exists()
