"""Whether a desktop keeps notices back is asked of another program, which may hang."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest

from kepthour.channels.desktop.silence import keeps_back


async def _never(*_call: Any) -> list[Any]:
    raise AssertionError("GNOME is not asked on the bus")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


async def test_a_program_that_hangs_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "gsettings"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    waits: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    communicate = Process.communicate

    async def noted(process: Process) -> tuple[bytes, bytes]:
        waits.set_result(process.pid)
        return await communicate(process)

    monkeypatch.setattr(Process, "communicate", noted)
    async with asyncio.timeout(30):
        asked = asyncio.create_task(keeps_back("gnome-shell", _never))
        pid = await waits
        asked.cancel()  # as its time-out does
        with pytest.raises(asyncio.CancelledError):
            await asked
        while _state(pid) not in {"gone", "Z"}:
            await asyncio.sleep(0.01)
