"""A notice's title and text, and how much it may tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Show(StrEnum):
    """How much of a session a notice may tell. A lock screen is public: the default is the time alone."""

    TIME = "time"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class Text:
    """A notice's title and text."""

    title: str
    body: str

    @property
    def whole(self) -> str:
        """Both in one line, for lists."""
        return f"{self.title}{'' if self.title.endswith(('?', '!', '.')) else '.'} {self.body}"
