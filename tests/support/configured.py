"""A configuration as its user writes it: what is read of it, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.config import Configuration
from kepthour.config.faults import Faulty
from kepthour.config.reading import load
from kepthour.plugins import Plugins

MINIMAL = '[[calendars]]\nname = "a"\ntype = "ics"\npath = "~/a.ics"\n'


def read(folder: Path, text: str) -> Configuration:
    """`text`, as the one file in `folder`."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, Plugins())


def faults(folder: Path, text: str) -> dict[str, str]:
    """What is said of each path. Fails if nothing is wrong."""
    with pytest.raises(Faulty) as caught:
        read(folder, text)
    return {fault.path: fault.text for fault in caught.value.faults}
