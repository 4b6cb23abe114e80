"""Makes a text of a draft: with the user's own template if there is a good one, else with the built-in one."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kepthour.core.drafts import Draft
from kepthour.drafts.limits import at_most
from kepthour.drafts.tidy import placeholders, tidy
from kepthour.drafts.turns import misshapen, turns
from kepthour.drafts.values import values

BUILT_IN = Path(__file__).parent / "templates"
_LONGEST = 20_000  # characters: no letter is longer, and a mail program takes no more
_SECONDS = 2.0  # for the user's own: one that loops for ever must not take the text along


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text, and what is to be said about it to the therapist, in English."""

    language: str
    subject: str  # of a mail; empty for a note
    text: str
    placeholders: tuple[str, ...]  # what is left to fill in, with its brackets
    own: tuple[Path, ...] = ()  # the user's own templates that it was made of; empty: it is the built-in text
    problem: str | None = None  # why the user's own could not be used
    warnings: tuple[str, ...] = ()  # what in the user's own had better be otherwise


@cache
def languages() -> tuple[str, ...]:
    """The languages that have templates, by name."""
    return tuple(sorted(folder.name for folder in BUILT_IN.iterdir() if folder.is_dir()))


@cache
def names(language: str) -> tuple[str, ...]:
    """The built-in templates of a language, without their suffix."""
    return tuple(sorted(file.stem for file in (BUILT_IN / language).glob("*.j2")))


def render(draft: Draft, language: str, folder: Path, seconds: float = _SECONDS) -> Rendered:
    """The text of `draft` in one of `languages()`; `folder` holds the user's own templates, and may not exist.

    If a template of the user's fails in any way, or takes longer than `seconds`, it is the built-in text.
    """
    own, problem, known = folder / language, None, _values(draft, language)
    if own.is_dir():
        loader = _Own(own)
        try:
            with at_most(seconds):
                mixed = _environment(ChoiceLoader([loader, FileSystemLoader(BUILT_IN / language)]))
                text, subject = _made(draft, mixed, known)
                used = tuple(dict.fromkeys(loader.used))
                doubts = _doubts(draft, text, language, known, _offer(draft, mixed, known)) if used else ()
            told = _strangers(own, language) + doubts
            return Rendered(language, subject, text, placeholders(text), used, warnings=told)
        except Exception as error:  # noqa: BLE001  supervised: a user's template may raise anything
            problem = _complaint(error, loader)
    text, subject = _made(draft, _built_in(language), known)
    return Rendered(language, subject, text, placeholders(text), problem=problem)


class _Own(FileSystemLoader):
    """Loads the user's own templates, and remembers which."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.asked = folder  # for which file last
        self.used: list[Path] = []

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """As its parent."""
        self.asked = self.folder / template
        found = super().get_source(environment, template)
        self.used.append(Path(found[1]))
        return found


def _environment(loader: BaseLoader) -> Environment:
    # The texts are plain ones: nothing is to be escaped.
    return ImmutableSandboxedEnvironment(loader=loader, undefined=StrictUndefined, autoescape=False)


@cache
def _built_in(language: str) -> Environment:
    return _environment(FileSystemLoader(BUILT_IN / language))


def _values(draft: Draft, language: str) -> dict[str, Any]:
    return values(draft, _built_in(language).get_template("_calendar.j2").module)


def _made(draft: Draft, environment: Environment, known: dict[str, Any]) -> tuple[str, str]:
    """Text and subject. Raises whatever the template raises, and ValueError for one that is too long."""

    def rendered(name: str) -> str:
        return tidy("".join(_bounded(environment.get_template(f"{name}.j2").generate(known))))

    subject = rendered("subject") if draft.is_for_the_client else ""
    return rendered(draft.template), " ".join(subject.split())


def _bounded(pieces: Iterator[str]) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > _LONGEST:
            raise ValueError(f"its text is longer than {_LONGEST} characters")
        yield piece


def _doubts(draft: Draft, text: str, language: str, known: dict[str, Any], offer: str) -> tuple[str, ...]:
    """What is to be said about a text that the user's own templates have a part in."""
    found = [f"{turn}." for turn in turns(text, language)]
    if draft.is_for_the_client:
        found += misshapen(text, (known["date"], known["time"]), offer, spoken=draft.is_spoken)
    return tuple(f"In the text of {draft.template}: {one}" for one in found)


def _offer(draft: Draft, environment: Environment, known: dict[str, Any]) -> str:
    """The last line of the times, or what stands for them; empty in a text for which they are not known."""
    if not draft.is_for_the_client:
        return ""
    return tidy(environment.get_template("_times.j2").render(known)).splitlines()[-1]


def _strangers(own: Path, language: str) -> tuple[str, ...]:
    """Files that are no template's: a slip in the name must not go unseen. Parts of the user's own begin with "_"."""
    there = ", ".join(name for name in names(language) if not name.startswith("_"))
    files = [
        one for one in sorted(own.glob("*.j2")) if one.stem not in names(language) and one.name[0] != "_"
    ]
    return tuple(f"{file} is the name of no template. There are {there}." for file in files)


def _complaint(error: Exception, loader: _Own) -> str:
    """Where in the user's own templates, and what: for the therapist's own eyes, never for a log."""
    file, line = loader.asked, 0
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).parent == loader.folder:
            file, line = Path(frame.filename), frame.lineno or 0
    if isinstance(error, TemplateSyntaxError):
        file, line = Path(error.filename or file), error.lineno
    what = f"there is no template {error}" if isinstance(error, TemplateNotFound) else str(error)
    where = f"{file}, line {line}" if line else str(file)
    return f"{where}: {what or type(error).__name__}"
