"""A real X screen for tests: Xvfb, what stands on it pixel by pixel, and a mouse."""

from __future__ import annotations

import os
import struct
import subprocess
import zlib
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

WIDTH, HEIGHT = 1024, 768
_HEADER = struct.Struct(">25I")  # of the format XWD, which is what Xvfb keeps its picture in


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; `right` and `bottom` are inside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def middle(self) -> tuple[int, int]:
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def touches(self, other: Box) -> bool:
        """Whether there is no gap between the two."""
        across = self.left <= other.right + 1 and other.left <= self.right + 1
        return across and self.top <= other.bottom + 1 and other.top <= self.bottom + 1

    def joined(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left), min(self.top, other.top),
            max(self.right, other.right), max(self.bottom, other.bottom),
        )  # fmt: skip


class Picture:
    """The screen at one moment."""

    def __init__(self, width: int, height: int, rows: list[bytes]) -> None:
        self.width = width
        self.height = height
        self._rows = rows  # three bytes a pixel: red, green, blue

    def boxes(self, colour: tuple[int, int, int]) -> list[Box]:
        """Where this colour stands: one box for each patch of it, by row and column."""
        found: list[Box] = []
        for y, row in enumerate(self._rows):
            for run in _runs(row, bytes(colour), y):
                touching = [box for box in found if box.touches(run)]
                found = [box for box in found if box not in touching]
                found.append(reduce(Box.joined, touching, run))
        return sorted(found, key=lambda box: (box.top, box.left))

    def cut(self, box: Box) -> Picture:
        """That part of it."""
        rows = [row[3 * box.left : 3 * box.right + 3] for row in self._rows[box.top : box.bottom + 1]]
        return Picture(box.right - box.left + 1, box.bottom - box.top + 1, rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and self._rows == other._rows

    __hash__ = None  # type: ignore[assignment]

    def save(self, file: Path) -> None:
        """As PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        lines = zlib.compress(b"".join(b"\0" + row for row in self._rows))
        file.write_bytes(
            b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", lines) + _chunk(b"IEND", b"")
        )


def _runs(row: bytes, colour: bytes, y: int) -> list[Box]:
    found, start = [], row.find(colour)
    while start >= 0:
        if start % 3:
            start = row.find(colour, start + 1)
            continue
        end = start
        while row[end : end + 3] == colour:
            end += 3
        found.append(Box(start // 3, y, end // 3 - 1, y))
        start = row.find(colour, end)
    return found


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Screen:
    """An X server of its own, without hardware. `name` is its DISPLAY."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "Xvfb_screen0"
        read, write = os.pipe()
        size = f"{WIDTH}x{HEIGHT}x24"
        self.process = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(write),
                "-screen",
                "0",
                size,
                "-nolisten",
                "tcp",
                "-fbdir",
                str(folder),
            ],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as display:
            self.name = f":{display.readline().strip()}"

    def picture(self) -> Picture:
        """What is to be seen now."""
        data = self._file.read_bytes()
        fields = _HEADER.unpack_from(data)
        length, width, height, line, colours = fields[0], fields[4], fields[5], fields[12], fields[19]
        start = length + 12 * colours
        rows = [_rgb(data[start + y * line : start + y * line + 4 * width]) for y in range(height)]
        return Picture(width, height, rows)

    def click(self, at: tuple[int, int], button: int = 1) -> None:
        """Press and release a mouse button there."""
        x, y = map(str, at)
        self._xdotool("mousemove", x, y, "click", str(button))

    def windows(self, program: str) -> list[Box]:
        """Where the visible windows of the class `program` are."""
        found = self._xdotool("search", "--onlyvisible", "--class", program)
        places = (self._place(window) for window in found.split())
        return [place for place in places if place is not None]

    def _place(self, window: str) -> Box | None:
        """None if it has just gone."""
        lines = self._xdotool("getwindowgeometry", "--shell", window).splitlines()
        values = dict(line.split("=", 1) for line in lines)
        if "HEIGHT" not in values:
            return None
        x, y = int(values["X"]), int(values["Y"])
        return Box(x, y, x + int(values["WIDTH"]) - 1, y + int(values["HEIGHT"]) - 1)

    def _xdotool(self, *args: str) -> str:
        env = os.environ | {"DISPLAY": self.name}
        call = ["xdotool", *args]
        done = subprocess.run(call, env=env, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout


def _rgb(line: bytes) -> bytes:
    """From four bytes a pixel (blue, green, red, nothing) to three."""
    made = bytearray(len(line) // 4 * 3)
    made[0::3], made[1::3], made[2::3] = line[2::4], line[1::4], line[0::4]
    return bytes(made)
