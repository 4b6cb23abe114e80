"""A source that watches this machine and sees what it is told, for `[[evidence]]` tables of `type = "seen"`."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel, ConfigDict

from kepthour.core.spells import Sign


class Seen:
    """An Observer, and its own kind. `signs` is what it sees: None if it cannot tell, or what it raises."""

    class Options(BaseModel):
        model_config = ConfigDict(extra="forbid")

    def __init__(self) -> None:
        self.signs: frozenset[Sign] | Exception | None = frozenset()
        self.looks = 0
        self.silent = False

    def sees(self, *signs: Sign) -> None:
        self.signs = frozenset(signs)

    async def look(self) -> frozenset[Sign] | None:
        self.looks += 1
        if self.silent:
            await asyncio.Event().wait()
        if isinstance(self.signs, Exception):
            raise self.signs
        return self.signs

    def observe(self, _options: Options) -> Seen:
        """There is one machine."""
        return self
