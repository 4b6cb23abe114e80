"""Sound for tests without any: a folder of stubs that is the whole PATH.

A stub speaks its program's protocol as far as the ringer uses it. What is played lies in the folder as `played`.
"""

from __future__ import annotations

from pathlib import Path

# They name every program by its full path, since nothing else is to be found; `kill` is the shell's own.
_PLAYER = """#!/bin/sh
for word in "$@"; do file=$word; done
echo "$$ ${{0##*/}} $*" >> {folder}/played
[ -r "$file" ] || exit 1
exec /bin/sleep {seconds}
"""
_PW_DUMP = """#!/bin/sh
{sleep}echo '['
separator=
while read pid rest; do
    kill -0 "$pid" 2>/dev/null || continue
    echo "$separator {{\\"id\\": $pid, \\"type\\": \\"PipeWire:Interface:Node\\","
    echo "\\"info\\": {{\\"state\\": \\"{state}\\", \\"props\\":"
    echo "{{\\"media.class\\": \\"Stream/Output/Audio\\", \\"application.process.id\\": $pid}}}}}}"
    separator=,
done < {folder}/played
echo ']'
"""


class Stubs:
    """Put `folder` on the PATH, alone, and add what is to be installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "played").touch()

    def program(self, name: str, text: str) -> None:
        """Any program. In the place of another at once: what is being started is whole, and may be replaced."""
        file = self.folder / f".{name}"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)
        file.rename(self.folder / name)

    def player(self, name: str, seconds: float = 60) -> None:
        """A player whose sound is so long."""
        self.program(name, _PLAYER.format(folder=self.folder, seconds=seconds))

    def broken(self, name: str) -> None:
        """A program that ends at once, with an error: it reaches no server, say."""
        self.program(name, f'#!/bin/sh\necho "$$ ${{0##*/}} $*" >> {self.folder}/played\nexit 1\n')

    def pipewire(self, state: str = "running", seconds: float = 0) -> None:
        """A server that lets players through, unless `state` says otherwise; it answers after `seconds`."""
        sleep = f"/bin/sleep {seconds}\n" if seconds else ""
        self.program("pw-dump", _PW_DUMP.format(folder=self.folder, state=state, sleep=sleep))

    def played(self) -> list[list[str]]:
        """Of each player that was started: its name and arguments."""
        return [
            line.split()[1:] for line in (self.folder / "played").read_text(encoding="utf-8").splitlines()
        ]

    def processes(self) -> list[int]:
        """The numbers of all players that were started."""
        return [
            int(line.split()[0]) for line in (self.folder / "played").read_text(encoding="utf-8").splitlines()
        ]
