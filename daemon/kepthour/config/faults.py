"""What is wrong with a configuration, in sentences: where, what, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from kepthour.core.errors import NeedsPerson
from kepthour_connectors.secrets import OpenToOthers


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, what, and what would be right. Never holds the value itself."""

    path: str
    text: str
    remedy: str = ""  # if it is to be mended elsewhere than in the configuration

    @property
    def what(self) -> str:
        """Where and what, without the remedy."""
        return f"{self.path}: {self.text}" if self.path else self.text

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


class Faulty(NeedsPerson):
    """The configuration cannot be used. Catch it to print `faults`, and exit with 2."""

    def __init__(self, file: Path, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{file} cannot be used.", "Mend what is listed.")
        self.file = file
        self.faults = faults


_PLAIN = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "path_type": "must be a path in quotes",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


def as_faults(
    error: ValidationError, path: str, model: type[BaseModel], common: Iterable[str] = ()
) -> list[Fault]:
    found = error.errors(include_url=False, include_input=False)
    return [_as_fault(_join(path, one["loc"]), dict(one), model, common) for one in found]


def _as_fault(path: str, detail: dict[str, Any], model: type[BaseModel], common: Iterable[str]) -> Fault:
    if isinstance(opened := detail.get("ctx", {}).get("error"), OpenToOthers):
        return Fault(path, opened.what, opened.remedy)
    return Fault(path, _sentence(detail, model, common))


def _join(path: str, loc: tuple[int | str, ...]) -> str:
    for part in loc:
        path = f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}" if path else str(part)
    return path


def _sentence(detail: dict[str, Any], model: type[BaseModel], common: Iterable[str]) -> str:
    kind = detail["type"]
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "extra_forbidden":
        return _unknown_key(detail["loc"], model, common)
    if kind in {"enum", "literal_error"}:
        return f"must be {detail['ctx']['expected']}"
    if kind == "missing" and detail["loc"] == ("calendars",):
        return "is missing: add at least one [[calendars]] entry, or write a first configuration with: kepthour init"
    if kind == "too_short" and detail["loc"] == ("calendars",):
        return "must not be empty: add at least one [[calendars]] entry"
    return _PLAIN.get(kind) or str(detail["msg"]).lower()


def _unknown_key(loc: tuple[int | str, ...], model: type[BaseModel], common: Iterable[str]) -> str:
    known = sorted({*_fields_at(model, loc[:-1]), *(common if len(loc) == 1 else ())})
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"known here are {', '.join(known)}"
    return f"there is no such key; {hint}"


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """The keys that the model at `loc` inside `model` knows."""
    here: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        field = (
            here.model_fields.get(part) if isinstance(here, type) and issubclass(here, BaseModel) else None
        )
        inner = getattr(field, "annotation", None)
        candidates = [inner, *getattr(inner, "__args__", ())]
        here = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return set()
    return {field.alias or name for name, field in here.model_fields.items()}
