"""Whether the therapist's own templates for drafts can be used. Not having any is fine, and not worth a line."""

from __future__ import annotations

from pathlib import Path

from kepthour.checks.record import Check, ok, problem

NAME = "template"


def examine(folder: Path) -> list[Check]:
    """Each language's that is in `folder`."""
    if not folder.is_dir():
        return []
    from kepthour.drafts.trial import strange, tried  # Jinja is loaded for who has templates

    remedy = "Name the folder for a language that there is: docs/drafts.md."
    found = [
        problem(NAME, one.name, f"{one} is never used.", remedy, critical=False) for one in strange(folder)
    ]
    for one in tried(folder):
        faults = [*_told(one.language, one.problems, "Mend it; until then the built-in text is used.")]
        faults += _told(one.language, one.warnings, "Change it, or leave it: it is your text.")
        works = ok(
            NAME,
            one.language,
            f"Your own templates can be used: {', '.join(file.name for file in one.used)}.",
        )
        found += faults or [works]
    return found


def _told(language: str, texts: tuple[str, ...], remedy: str) -> list[Check]:
    return [problem(NAME, language, _sentence(text), remedy, critical=False) for text in texts]


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
