"""A small disk for one World's store, in a mount namespace of its own: it can be filled, and it can fail.

It is an ext4 file system on a loop device. When its kernel finds an error in it, it turns read-only under whoever has
files open there, as the disks of real machines do. It takes root; nothing of it is seen outside the namespace.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

from tests.support.world import World, eventually

_PROGRAMS = ("unshare", "nsenter", "mount", "losetup", "mkfs.ext4")
_MEGABYTES = 12
_MOUNT = """
set -e
truncate -s {size}M "$1" && mkfs.ext4 -q "$1" && device=$(losetup --find --show "$1")
mount -o errors=remount-ro "$device" "$2" || {{ losetup -d "$device"; exit 1; }}
losetup -d "$device" && chmod 700 "$2" && rmdir "$2/lost+found" && basename "$device" >"$3"
exec sleep infinity
"""


def missing_for_disks() -> list[str]:
    """What this machine lacks for a disk of its own."""
    missing = [name for name in _PROGRAMS if not shutil.which(name)]
    if missing:
        return missing
    if os.geteuid() != 0:
        return ["root (for a disk of its own)"]
    trial = 'mount -t tmpfs none /mnt && losetup --find && test -w "$(losetup --find)"'
    done = subprocess.run(["unshare", "--mount", "sh", "-c", trial], capture_output=True, check=False)
    return [] if done.returncode == 0 else ["the right to mount disks"]


class Disk:
    """The disk under `world`'s store, as a context manager."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._folder = world.store_file.parent
        self._holder: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Disk:
        self._folder.mkdir(parents=True)
        name = self.world.folder / "device"
        image = self.world.folder / "image"
        self._holder = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                _MOUNT.format(size=_MEGABYTES),
                "-",
                image,
                self._folder,
                name,
            ],
            stdin=subprocess.DEVNULL,
        )
        eventually(lambda: self._holder is None or self._holder.poll() or name.exists(), "the disk")
        assert self._holder.poll() is None, "the disk could not be mounted"
        self._device = eventually(lambda: name.read_text().strip(), "the disk's name")
        self.world.enter = ("nsenter", f"--target={self._holder.pid}", "--mount", "--")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()

    @property
    def folder(self) -> Path:
        """The store's folder, as it is on the disk."""
        assert self._holder is not None
        return Path(f"/proc/{self._holder.pid}/root{self._folder}")

    def fill(self) -> None:
        """Not a byte is free any more."""
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error

    def free(self) -> None:
        """There is room again."""
        (self.folder / "ballast").unlink()

    def fail(self) -> None:
        """The kernel finds an error: from now on nothing can be written."""
        Path(f"/sys/fs/ext4/{self._device}/trigger_fs_error").write_text("played by a test")
        try:
            (self.folder / "probe").touch()
        except OSError as error:
            assert error.errno == errno.EROFS, error
        else:
            raise AssertionError("the disk did not turn read-only")
