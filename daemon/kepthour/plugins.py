"""Connectors, channels and sources of evidence, found by entry points.

A kind's module is imported only when it is asked for.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from importlib.metadata import EntryPoint, EntryPoints, PackageNotFoundError, distribution, entry_points
from typing import cast

from kepthour.core.errors import NeedsPerson
from kepthour.ports import ChannelKind, EvidenceKind, ObserverKind
from kepthour_connectors.base import ConnectorKind

CONNECTORS, CHANNELS, EVIDENCE = "kepthour.connectors", "kepthour.channels", "kepthour.evidence"
# What a kind has to have, by group: all of one of these. Evidence comes from a calendar's account, or this machine.
_ASKED, _OBSERVES = ("make",), ("Options", "observe")
_PROMISED = {
    CONNECTORS: (("Options", "connect"),),
    CHANNELS: (("Options", "make"),),
    EVIDENCE: (_ASKED, _OBSERVES),
}


class Plugins:
    """What is installed. One instance a process. Asking all installed packages takes some milliseconds a group, so the
    kinds of this program itself, of which most configurations are made, are found without.
    """

    def __init__(self) -> None:
        self._found: dict[str, dict[str, EntryPoint]] = {}

    @cached_property
    def _own(self) -> EntryPoints:
        try:
            return distribution("kepthour").entry_points
        except PackageNotFoundError:  # its files are there, and nothing says what they are
            return EntryPoints(())

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
        """The kind of evidence `name` of an account. Raises KeyError if there is none, NeedsPerson if it is broken."""
        return cast(EvidenceKind, self._evidence(name, _ASKED))

    def observer(self, name: str) -> ObserverKind:
        """The kind of evidence `name` of this machine. Raises KeyError: there is none, NeedsPerson: it is broken."""
        return cast(ObserverKind, self._evidence(name, _OBSERVES))

    def observers(self) -> list[str]:
        """The kinds of evidence of this machine, sorted. Those that are broken are left out."""
        found = []
        for name in self.names(EVIDENCE):
            with suppress(KeyError, NeedsPerson):
                self.observer(name)
                found.append(name)
        return found

    def _evidence(self, name: str, parts: tuple[str, ...]) -> object:
        kind = self._load(EVIDENCE, name)
        if not _has(kind, parts):
            raise KeyError(name)
        return kind

    def _group(self, group: str) -> dict[str, EntryPoint]:
        if group not in self._found:
            self._found[group] = {point.name: point for point in entry_points(group=group)}
        return self._found[group]

    def _load(self, group: str, name: str) -> object:
        own = self._own.select(group=group, name=name)
        point = next(iter(own), None) or self._group(group)[name]
        try:
            kind = point.load()
        except (ImportError, AttributeError) as error:
            raise NeedsPerson(
                f'The kind "{name}" is installed but cannot be loaded ({type(error).__name__}).',
                "Install it again, or remove it from the configuration.",
            ) from error
        if not any(_has(kind, parts) for parts in _PROMISED[group]):
            raise NeedsPerson(f'The kind "{name}" is not what its entry point promises.', "Ask its author.")
        return cast(object, kind)


def _has(kind: object, parts: tuple[str, ...]) -> bool:
    return all(hasattr(kind, part) for part in parts)
