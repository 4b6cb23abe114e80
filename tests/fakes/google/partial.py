"""Partial responses: the parameter `fields` ("Improve performance", "Partial response"), as every Google API has it.

`items(id,start/dateTime),nextPageToken`: names by commas, parts by slashes, several parts in brackets, `*` for all.
"""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.google.errors import invalid
from tests.fakes.google.times import Json

Mask = dict[str, Any]  # name -> the mask of what is in it; an empty one is everything


def part(body: Json, fields: str) -> Json:
    """What is left of a response; raises the 400 for a mask that cannot be read."""
    tokens = re.findall(r"[^,()/\s]+|[,()/]", fields)
    mask, rest = _masks(tokens)
    if rest or not mask:
        raise invalid("fields", f"Invalid field selection {fields}")
    cut: Json = _cut(body, mask)
    return cut


def _masks(tokens: list[str]) -> tuple[Mask, list[str]]:
    """A list of names up to its end or a closing bracket, and the tokens behind it."""
    mask: Mask = {}
    while tokens and tokens[0] != ")":
        name, inner, tokens = _name(tokens)
        mask.setdefault(name, {}).update(inner)
        if tokens[:1] == [","]:
            tokens = tokens[1:]
    return mask, tokens


def _name(tokens: list[str]) -> tuple[str, Mask, list[str]]:
    name, tokens = tokens[0], tokens[1:]
    if name in {",", "(", ")", "/"}:
        raise invalid("fields", f"Invalid field selection {name}")
    if tokens[:1] == ["/"] and len(tokens) > 1:
        inner_name, inner, tokens = _name(tokens[1:])
        return name, {inner_name: inner}, tokens
    if tokens[:1] == ["("]:
        inner, tokens = _masks(tokens[1:])
        if tokens[:1] != [")"]:
            raise invalid("fields", f"Invalid field selection {name}")
        return name, inner, tokens[1:]
    return name, {}, tokens


def _cut(value: Any, mask: Mask) -> Any:
    if not mask:
        return value
    if isinstance(value, list):
        return [_cut(one, mask) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {name: mask.get(name, mask.get("*")) for name in value}
    return {name: _cut(one, inner[name]) for name, one in value.items() if inner[name] is not None}
