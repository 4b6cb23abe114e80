"""What each method takes, and which scopes open it, as Google's own discovery documents say.

The documents are those that the Python client brings along, so the fake cannot believe in a parameter that Google does
not have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from googleapiclient import discovery_cache

from tests.fakes.google.errors import invalid

STANDARD = {"alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser", "userIp"}


@dataclass(frozen=True)
class Method:
    """`api` is "calendar" or "meet"."""

    api: str
    scopes: frozenset[str]
    parameters: Mapping[str, Mapping[str, Any]]

    def read(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """A query's values by the types of the discovery document: int, bool, instants, tuples of repeated ones.
        Defaults are filled in. Raises the 400 for an unknown parameter and for a value that cannot be."""
        values: dict[str, Any] = {
            name: _value(name, kind["default"], kind)
            for name, kind in self.parameters.items()
            if "default" in kind
        }
        for name, texts in query.items():
            if name in STANDARD:
                continue
            kind = self.parameters.get(name)
            if kind is None or kind["location"] != "query":
                raise invalid(name, f"Unknown parameter: {name}")
            if kind.get("repeated"):
                values[name] = tuple(sorted(_value(name, text, kind) for text in texts))
            else:
                values[name] = _value(name, texts[-1], kind)
        return values


@cache
def method(identity: str) -> Method:
    """By its id in the discovery document: "calendar.events.list", "meet.conferenceRecords.list"."""
    api, *path, last = identity.split(".")
    node = _document(api)
    for name in path:
        node = node["resources"][name]
    found = node["methods"][last]
    return Method(api, frozenset(found["scopes"]), found.get("parameters", {}))


@cache
def _document(api: str) -> Any:
    folder = Path(str(discovery_cache.__file__)).parent / "documents"
    return json.loads(next(folder.glob(f"{api}.v*.json")).read_text(encoding="utf-8"))


def _value(name: str, text: str, kind: Mapping[str, Any]) -> Any:
    if "enum" in kind and text not in kind["enum"]:
        raise invalid(name, f"Invalid string value: '{text}'. Allowed values: {kind['enum']}")
    if kind["type"] == "boolean":
        if text not in {"true", "false"}:
            raise invalid(name, f"Invalid boolean value: '{text}'.")
        return text == "true"
    if kind["type"] == "integer":
        return _number(name, text, kind)
    if kind.get("format") == "date-time":
        return _instant(name, text)
    if name == "timeZone":
        return _zone(name, text)
    return text


def _number(name: str, text: str, kind: Mapping[str, Any]) -> int:
    if not text.lstrip("-").isdigit() or int(text) < int(kind.get("minimum", 0)):
        raise invalid(name, f"Invalid value '{text}'. Values must be within the range: [1, 2147483647]")
    return int(text)


def _instant(name: str, text: str) -> datetime:
    """An RFC 3339 time "with mandatory time zone offset" (Events: list, timeMin)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name, "Bad Request") from None
    if at.tzinfo is None:
        raise invalid(name, "Bad Request")
    return at


def _zone(name: str, text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise invalid(name, "Invalid time zone definition.") from None
    return text
