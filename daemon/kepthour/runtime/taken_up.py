"""The configuration that a daemon took up last: a copy of its text, by which answers go while the file has a fault.

A reminder is answered at once or too late, whatever slipped into the file meanwhile. Where the store lies is written in
it, so the copy is found without that: in the state folder, under a name made of the file's own path.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path

from kepthour.config import Configuration
from kepthour.config.faults import Faulty
from kepthour.config.reading import only_the_store, parse, read
from kepthour.logger import log
from kepthour.plugins import Plugins
from kepthour.store import private
from kepthour_connectors.secrets import open_ones_overlooked


def keep(config: Configuration) -> None:
    """A daemon takes up `config`. Blocks, never fails."""
    copy = copy_of(config.file)
    try:
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        private.write(copy, config.content)
    except OSError as error:
        log.warning("configuration.not_kept", problem=error)


def is_waiting(config: Configuration) -> bool:
    """Whether the daemon that went by this file last took up another text. Nobody knows (False) if there is no copy."""
    try:
        return copy_of(config.file).read_bytes() != config.content
    except OSError:
        return False


def load_to_answer(file: Path, plugins: Plugins) -> tuple[Configuration, Faulty | None]:
    """The configuration in `file`; or if that has faults, the one that a daemon took up from there last, and these.

    Raises Faulty if there is none, or if `file` is not there or may not be read: that is no slip of the pen.
    """
    content = read(file)
    try:
        return parse(file, content, plugins), None
    except Faulty as faulty:
        try:
            with open_ones_overlooked():  # that is a fault of no text
                return parse(file, copy_of(file).read_bytes(), plugins), faulty
        except (OSError, Faulty):
            raise faulty from None


def load_for_the_store(
    file: Path, plugins: Plugins, *, with_key: bool, by_default: bool
) -> tuple[Configuration, Faulty | None]:
    """As `load_to_answer`; and if no daemon took one up, by what can be read of where the store is.

    `by_default`: if nothing can be read, it is in its default place; only the user's own file is about that one.
    Without `with_key` the store will not be opened.
    """
    try:
        return load_to_answer(file, plugins)
    except Faulty as faulty:
        content = read(file)
        try:
            return only_the_store(file, content, plugins, with_key=with_key), faulty
        except Faulty:
            if not by_default or _is_toml(content):
                raise faulty from None
            return only_the_store(file, b"", plugins, with_key=with_key), faulty


def _is_toml(content: bytes) -> bool:
    try:
        tomllib.loads(content.decode("utf-8"))
    except ValueError:
        return False
    return True


def copies() -> list[Path]:
    """All that lie in the state folder, of whichever file; those that a crash left half, too."""
    import platformdirs

    return list(platformdirs.user_state_path("kepthour").glob("taken-up-*.toml*"))


def copy_of(file: Path) -> Path:
    """Where the copy of `file` is. A link in the place of the file is followed by no more than its folder."""
    import platformdirs

    name = hashlib.sha256(os.fsencode(file.parent.resolve() / file.name)).hexdigest()[:16]
    return platformdirs.user_state_path("kepthour") / f"taken-up-{name}.toml"
