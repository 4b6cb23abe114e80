"""The units as files where systemd looks for them. What somebody else wrote there is left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kepthour.core.errors import NeedsPerson
from kepthour.service.units import OURS


class Standing(StrEnum):
    """How a unit stands on this machine."""

    NOT_INSTALLED = "not_installed"
    INSTALLED = "installed"
    DIFFERS = "differs"  # from how it is to be


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: where it belongs, and how it is to be."""

    file: Path
    text: str

    @property
    def standing(self) -> Standing:
        """As it is now."""
        if not self.file.exists():
            return Standing.NOT_INSTALLED
        is_same = self.file.read_text(encoding="utf-8") == self.text
        return Standing.INSTALLED if is_same else Standing.DIFFERS

    def write(self) -> None:
        """Whole or not at all. Raises NeedsPerson."""
        part = self.file.with_name(f".{self.file.name}.part")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(self.text, encoding="utf-8")
            part.replace(self.file)
        except OSError as error:
            raise NeedsPerson(
                f"{self.file} could not be written ({error.strerror}).", "With --system this takes root."
            ) from error


def check_ours(files: Iterable[Path]) -> None:
    """Raises NeedsPerson if somebody else wrote one of these."""
    for file in files:
        if file.exists() and not file.read_text(encoding="utf-8").startswith(OURS):
            raise NeedsPerson(
                f"{file} was not written by this program, so it is left alone.", "Move it away first."
            )
