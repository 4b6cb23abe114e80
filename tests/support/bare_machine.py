"""A machine that has only the programs a test gives it, for the scripts in tools/."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

TOOLS = Path(__file__).parents[2] / "tools"
KEEP = 'echo "$@" >>"${0%/*}/../calls"'  # what a program was called with


class BareMachine:
    """`bin` is all of its PATH. It may install (`root`), or not."""

    def __init__(self, folder: Path, root: bool) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        self.has_real("env")
        self.has("id", f"echo {0 if root else 1000}")
        self.has("sudo", "exit 1")
        self.has("true")

    def has(self, program: str, does: str = "exit 0") -> None:
        (self.bin / program).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (self.bin / program).chmod(0o755)

    def has_real(self, program: str) -> None:
        found = shutil.which(program)
        assert found is not None
        (self.bin / program).symlink_to(found)

    def runs(self, script: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", script, *words],
            env={"PATH": str(self.bin), **env},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
