"""Adds the man pages to the wheel; they are made of the commands themselves: tools/man_pages.py."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPages(BuildHookInterface[Any]):
    """Not for an editable installation: `make demo` does without."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is put together."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from tools.man_pages import write

        self._folder = TemporaryDirectory(prefix="kepthour-man-")
        write(Path(self._folder.name))
        build_data["shared_data"][self._folder.name] = "share/man/man1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """When it is there."""
        if version != "editable":
            self._folder.cleanup()
