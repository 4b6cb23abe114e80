"""Connectors, channels and sources of evidence, found by entry points.

A kind's module is imported only when it is asked for.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import cast

from kepthour.core.errors import NeedsPerson
from kepthour.ports import ChannelKind, EvidenceKind
from kepthour_connectors.base import ConnectorKind

CONNECTORS, CHANNELS, EVIDENCE = "kepthour.connectors", "kepthour.channels", "kepthour.evidence"
# What a kind has to have, by group.
_PROMISED = {CONNECTORS: ("Options", "connect"), CHANNELS: ("Options", "make"), EVIDENCE: ("make",)}


class Plugins:
    """What is installed. One instance a process; asking the installed packages takes some milliseconds."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, EntryPoint]] = {}

    def names(self, group: str) -> list[str]:
        """The kinds that are installed in `group`, sorted."""
        return sorted(self._group(group))

    def connector(self, name: str) -> ConnectorKind:
        """The connector kind `name`. Raises KeyError if there is none, NeedsPerson if it is broken."""
        return cast(ConnectorKind, self._load(CONNECTORS, name))

    def channel(self, name: str) -> ChannelKind:
        """The channel kind `name`. Raises KeyError if there is none, NeedsPerson if it is broken."""
        return cast(ChannelKind, self._load(CHANNELS, name))

    def evidence(self, name: str) -> EvidenceKind:
        """The kind of evidence `name`. Raises KeyError if there is none, NeedsPerson if it is broken."""
        return cast(EvidenceKind, self._load(EVIDENCE, name))

    def _group(self, group: str) -> dict[str, EntryPoint]:
        if group not in self._found:
            self._found[group] = {point.name: point for point in entry_points(group=group)}
        return self._found[group]

    def _load(self, group: str, name: str) -> object:
        point = self._group(group)[name]
        try:
            kind = point.load()
        except (ImportError, AttributeError) as error:
            raise NeedsPerson(
                f'The kind "{name}" is installed but cannot be loaded ({type(error).__name__}).',
                "Install it again, or remove it from the configuration.",
            ) from error
        if not all(hasattr(kind, part) for part in _PROMISED[group]):
            raise NeedsPerson(f'The kind "{name}" is not what its entry point promises.', "Ask its author.")
        return cast(object, kind)
