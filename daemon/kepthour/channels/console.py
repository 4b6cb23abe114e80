"""Channel `console`: prints the reminder on standard output, for a terminal that stays open."""

from __future__ import annotations

import sys
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from kepthour.core.ladder import Urgency
from kepthour.ports import Answer, Notice

_MARKS = {Urgency.PASSIVE: "   ", Urgency.NORMAL: "●  ", Urgency.HIGH: "●● ", Urgency.CRITICAL: "●●●"}
_STYLES = {
    Urgency.PASSIVE: "dim",
    Urgency.NORMAL: "",
    Urgency.HIGH: "bold yellow",
    Urgency.CRITICAL: "bold red",
}


class Options(BaseModel):
    """The keys of a `console` channel: none of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def make(name: str, options: Options) -> Console:
    """A channel that prints."""
    return Console()


class Console:
    """Satisfies `ports.Channel`. What was printed cannot be replaced or recalled."""

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Nothing to prepare: a terminal's reader answers with commands."""

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Print `notice` in two lines; None, since paper does not forget."""
        mark = _MARKS[notice.urgency]
        if sys.stdout.isatty():
            self._print_styled(mark, notice)
        else:
            print(f"{mark} {notice.title}\n    {notice.text}", flush=True)
        return None

    def _print_styled(self, mark: str, notice: Notice) -> None:
        from rich.console import Console as Terminal
        from rich.text import Text

        terminal = Terminal()
        terminal.print(Text(f"{mark} {notice.title}", style=_STYLES[notice.urgency]))
        terminal.print(Text(f"    {notice.text}"))

    async def close(self) -> None:
        """Nothing is held."""
