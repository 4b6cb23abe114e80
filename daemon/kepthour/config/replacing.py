"""Puts a new text in the place of the configuration file: at once, with the old one kept beside it."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from kepthour.core.errors import NeedsPerson

_ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def replaced(file: Path, before: bytes, after: bytes, now: datetime) -> Path:
    """Write `after` into `file`, which still has to hold `before`; returns where that is kept. `now` is aware UTC.

    A link is followed; mode and owner stay. Whoever reads it meanwhile reads one of the two. Raises NeedsPerson.
    """
    check_writable(file)
    target = file.resolve()
    try:
        _check_unchanged(target, before)
        backup = _kept(target, before, now)
        try:
            _replace(target, before, after)
        except BaseException:
            backup.unlink(missing_ok=True)  # nothing was written, so nothing need be kept
            raise
    except OSError as error:
        raise _refused(target, error.strerror or "the disk refuses it") from error
    return backup


def check_writable(file: Path) -> None:
    """Raises NeedsPerson if the file is not meant to be written by this program, or cannot be."""
    target = file.resolve()
    try:
        mode = target.stat().st_mode
    except OSError as error:
        raise _refused(target, error.strerror or "it cannot be read") from error
    # Whoever writes it makes it so (Nix, say, or a template). The superuser could write it all the same.
    if not mode & _ANYBODY_WRITES or not os.access(target, os.W_OK):
        raise _refused(target, "it is read-only")
    if not os.access(target.parent, os.W_OK):
        raise _refused(target, "its folder is read-only")


def _refused(target: Path, why: str) -> NeedsPerson:
    return NeedsPerson(
        f"{target} cannot be written ({why}).",
        "Put the change in by hand, where that file is made.",
    )


def _check_unchanged(target: Path, before: bytes) -> None:
    if target.read_bytes() != before:
        raise NeedsPerson(
            f"{target} was changed since the difference was shown. Nothing is written.",
            "Look at it once more.",
        )


def _kept(target: Path, content: bytes, now: datetime) -> Path:
    """A copy with a name that no file has yet, as private as the file itself."""
    was = target.stat()
    name = f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}"
    for number in range(1, 100):
        backup = target.with_name(name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            handle = os.open(backup, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            _fill(handle, content, was)
            return backup
    raise FileExistsError(0, "there are too many copies of this second")


def _replace(target: Path, before: bytes, after: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # made with mode 0600
    part = Path(name)
    try:
        _fill(handle, after, target.stat())
        _check_unchanged(target, before)  # an editor may have saved it a moment ago
        part.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        part.unlink(missing_ok=True)


def _fill(handle: int, content: bytes, like: os.stat_result) -> None:
    """Write a new file, with the mode and the owner of another."""
    with os.fdopen(handle, "wb") as opened:
        if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(handle, like.st_uid, like.st_gid)  # before the mode: it takes bits of that away
        os.fchmod(handle, stat.S_IMODE(like.st_mode))
        opened.write(content)
        opened.flush()
        os.fsync(handle)
