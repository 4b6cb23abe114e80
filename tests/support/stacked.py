"""What a test starts, and what has to be ended with it."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType


class Stacked:
    """Ends all that was put on its stack. Whoever is one enters it in a way of their own."""

    _stack: ExitStack

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
