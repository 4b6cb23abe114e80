"""A configuration file -> a Configuration, or everything that is wrong with it. No network I/O."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from kepthour.config import Configuration
from kepthour.config.faults import Fault, Faulty
from kepthour.config.whole import Whole
from kepthour.plugins import Plugins

LIMIT_BYTES = 1 << 20  # the text is parsed in Python: a few megabytes would hold an answer up for seconds


def load(file: Path, plugins: Plugins) -> Configuration:
    """The configuration in `file`. Raises Faulty with everything that is wrong with it."""
    return parse(file, read(file), plugins)


def read(file: Path) -> bytes:
    """What is in `file`. Raises Faulty if it is not there, may not be read, or can be no configuration."""
    try:
        # some of these never end, and some wait for somebody
        if file.is_char_device() or file.is_block_device():
            raise Faulty(file, (Fault("", "this is a device, and no file"),))
        with file.open("rb") as opened:
            content = opened.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise Faulty(
            file, (Fault("", "there is no such file; write a first one with: kepthour init"),)
        ) from None
    except (OSError, ValueError) as error:  # a path with a NUL in it is a wrong value
        reason = getattr(error, "strerror", None) or "this is no path"
        raise Faulty(file, (Fault("", f"it cannot be read ({reason})"),)) from None
    if len(content) > LIMIT_BYTES:
        raise Faulty(file, (Fault("", "this is larger than a configuration may be: 1 MiB"),))
    return content


def parse(file: Path, content: bytes, plugins: Plugins) -> Configuration:
    """The configuration that `content` is, if it stands in `file`. Raises Faulty with everything that is wrong."""
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Faulty(file, (Fault("", f"this is not TOML: {error}"),)) from None
    except UnicodeDecodeError:
        raise Faulty(file, (Fault("", "this is not a text in UTF-8"),)) from None
    except RecursionError:
        raise Faulty(file, (Fault("", "its lists or tables lie too deep in one another"),)) from None
    except ValueError:  # tomllib lets through what `int` and `datetime` say of a number or date that is none
        raise Faulty(
            file, (Fault("", "a number or a date in it is too long, or there is no such one"),)
        ) from None
    return replace(Whole(file, raw, plugins).configuration(), content=content)


def only_the_store(file: Path, content: bytes, plugins: Plugins, *, with_key: bool) -> Configuration:
    """Of a file with faults: where the store is, the zone, and the names of calendars and channels; no more is right.

    Raises Faulty if it does not even tell that.
    """
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        raise Faulty(file, (Fault("", f"this is not TOML: {error}"),)) from None
    store = raw.get("store", {})
    if isinstance(store, dict) and not with_key:
        store = {key: value for key, value in store.items() if key != "key"}
    names = {"-": None} | {
        one["name"]: None for one in _tables(raw.get("calendars")) if _is_name(one.get("name"))
    }
    channels = raw.get("channels")
    zone = raw.get("timezone")
    least: dict[str, Any] = {
        "calendars": [{"name": name, "type": "ics", "path": os.devnull, "sessions": "all"} for name in names],
        "channels": {"-": {"type": "console"}}
        | {name: {"type": "console"} for name in (channels if isinstance(channels, dict) else ())},
        "store": store,
    }
    try:
        return Whole(file, least | ({"timezone": zone} if zone is not None else {}), plugins).configuration()
    except Faulty:
        return Whole(file, least, plugins).configuration()


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64
