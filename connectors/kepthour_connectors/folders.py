"""Who else may put another file in the place of one's own: whoever writes in a folder says what stands in it."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path


def open_folder(path: Path) -> Path | None:
    """The first of the folders that lead to `path` in which others may replace what is there; None: they may in none.

    Not those with the sticky bit, such as /tmp: there each removes only what is theirs.
    """
    ways = [*path.absolute().parents, *Path(os.path.realpath(path)).parents]
    return next((folder for folder in dict.fromkeys(ways) if _is_open(folder)), None)


def _is_open(folder: Path) -> bool:
    try:
        found = folder.stat()
    except OSError:  # whoever reads the file will tell
        return False
    if found.st_mode & stat.S_ISVTX:
        return False
    return bool(found.st_mode & stat.S_IWOTH) or (
        bool(found.st_mode & stat.S_IWGRP) and _has_others(found.st_gid, {found.st_uid, os.getuid(), 0})
    )


def _has_others(group: int, known: set[int]) -> bool:
    """Whether others than `known` are in the group: many systems give each user one of their own, which may write."""
    try:
        members = set(grp.getgrgid(group).gr_mem)
    except KeyError:  # it has no name, and so may be anybody's
        return True
    users = pwd.getpwall()
    ours = {user.pw_name for user in users if user.pw_uid in known} | {
        name for uid in known for name in _name(uid)
    }
    return bool(members - ours) or any(user.pw_gid == group and user.pw_uid not in known for user in users)


def _name(uid: int) -> list[str]:
    """Asked one by one: those of a directory service are often left out where all are listed."""
    try:
        return [pwd.getpwuid(uid).pw_name]
    except KeyError:
        return []
