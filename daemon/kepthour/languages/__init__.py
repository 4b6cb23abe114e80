"""The languages that a notice can have. Their catalogues lie beside this file; only this module reads them."""

from __future__ import annotations

import gettext
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kepthour.core.tongue import ENGLISH, Tongue
from kepthour.logger import log

DOMAIN = "kepthour"
FOLDER = Path(__file__).parent


@cache
def languages() -> tuple[str, ...]:
    """By name, in order: English, in which messages are written, and all that have a catalogue."""
    found = {file.parent.parent.name for file in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return tuple(sorted(found | {ENGLISH.language}))


def language_of(environment: Mapping[str, str]) -> str:
    """The language that LC_ALL, LC_MESSAGES or LANG asks for; English if none does, or there is none of it."""
    named = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((value for value in named if value), "")
    regional = locale.partition(".")[0].partition("@")[0]  # "de_AT" of "de_AT.UTF-8@euro"
    wanted = (regional, regional.partition("_")[0])
    return next((one for one in wanted if one in languages()), ENGLISH.language)


@cache
def tongue(language: str) -> Tongue:
    """One of `languages()`. Where its catalogue cannot be read, it is English: a reminder is worth more than that."""
    if language == ENGLISH.language:
        return ENGLISH
    try:
        return Tongue(language, gettext.translation(DOMAIN, FOLDER, [language]))
    except (OSError, ValueError, struct.error) as error:
        log.error("language.unreadable", language=language, problem=error)
        return ENGLISH
