"""A text goes to the clipboard by the tool that is there: real ones on a real X server, stubs for what goes wrong."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kepthour.core.privacy import Phi
from kepthour.runtime import clipboard
from kepthour.runtime.clipboard import copy, wanted
from tests.support.fixtures import require
from tests.support.screen import Screen
from tests.support.world import eventually

TEXT = "Guten Tag [Name],\n\nzwei Zeilen – und „Zeichen“.\n"


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    require([program for program in ("Xvfb", "xclip", "xsel") if shutil.which(program) is None])
    made = Screen(tmp_path / "screen")
    monkeypatch.setenv("DISPLAY", made.name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    yield made
    made.process.terminate()
    made.process.wait()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All of the PATH: no tool but those that a test puts there; a desktop of both kinds."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in ("cat", "sh", "sleep"):
        (folder / program).symlink_to(shutil.which(program) or "")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    return folder


def put(tools: Path, name: str, does: str = "") -> Path:
    """A tool that keeps what it is given, and how it was called, then `does`."""
    kept = tools.parent / f"{name}.kept"
    program = tools / name
    program.write_text(f"#!/bin/sh\ncat >'{kept}'\necho \"$@\" >'{kept}.args'\n{does}\n", encoding="utf-8")
    program.chmod(0o755)
    return kept


@pytest.mark.parametrize("tool", ["xclip", "xsel"])
def test_a_real_clipboard_holds_the_text_to_the_letter(
    screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    there = shutil.which(tool)
    assert there is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / tool).symlink_to(there)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert copy(Phi(TEXT)) == tool
    paste = [str(Path(there).parent / "xclip"), "-selection", "clipboard", "-out"]

    def pasted() -> str:
        return subprocess.run(paste, capture_output=True, text=True, timeout=60, check=False).stdout

    eventually(lambda: pasted() == TEXT, "the text")  # xsel goes to the background before it holds it


def test_on_wayland_its_own_tool_goes_first(tools: Path) -> None:
    kept, other = put(tools, "wl-copy"), put(tools, "xclip")
    assert copy(Phi(TEXT)) == "wl-copy"
    assert kept.read_text(encoding="utf-8") == TEXT
    assert not other.exists()


def test_on_x11_wl_copy_is_not_asked(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY")
    put(tools, "wl-copy")
    kept = put(tools, "xsel")
    assert copy(Phi(TEXT)) == "xsel"
    assert kept.read_text(encoding="utf-8") == TEXT
    assert Path(f"{kept}.args").read_text(encoding="utf-8").split() == ["--clipboard", "--input"]


def test_what_refuses_is_followed_by_the_next(tools: Path) -> None:
    put(tools, "wl-copy", "exit 1")
    put(tools, "xclip", "exit 2")
    kept = put(tools, "xsel")
    assert copy(Phi(TEXT)) == "xsel"
    assert kept.read_text(encoding="utf-8") == TEXT


def test_what_hangs_is_given_up(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "_SECONDS", 0.2)
    put(tools, "wl-copy", "exec sleep 600")
    put(tools, "xclip")
    assert copy(Phi(TEXT)) == "xclip"


def test_a_tool_that_stays_behind_with_its_output_open_is_not_waited_for(tools: Path) -> None:
    put(tools, "wl-copy", "sleep 20 & exit 0")
    assert copy(Phi(TEXT)) == "wl-copy"


def test_without_a_tool_it_is_said_which_would_do(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert copy(Phi(TEXT)) is None
    assert "wl-clipboard" in wanted()
    monkeypatch.delenv("WAYLAND_DISPLAY")
    assert "xclip or xsel" in wanted()


def test_without_a_desktop_nothing_is_tried(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for display in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(display)
    kept = put(tools, "wl-copy")
    put(tools, "xclip")
    assert copy(Phi(TEXT)) is None
    assert not kept.exists()
    assert "no desktop" in wanted()
