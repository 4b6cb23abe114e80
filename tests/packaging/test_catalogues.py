"""The catalogues: everything that the source says is translated, rightly, and compiled. Mended by: make words."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message

from kepthour import languages as module
from kepthour.core.tongue import ENGLISH
from kepthour.languages import FOLDER, language_of, languages, tongue
from tests.support.catalogues import compiled, extracted, named, written

TRANSLATIONS = sorted(folder.parent.name for folder in FOLDER.glob("*/LC_MESSAGES"))


def said(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def fields(text: str) -> set[str | None]:
    return {name for _literal, name, _form, _conversion in Formatter().parse(text) if name is not None}


def test_german_is_there() -> None:
    assert "de" in TRANSLATIONS
    assert languages() == tuple(sorted({"en", *TRANSLATIONS}))


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_catalogue_holds_what_the_source_says_and_nothing_else(language: str) -> None:
    source, catalogue = extracted(), named(written(language))
    assert catalogue.keys() == source.keys()
    assert {name: one.id for name, one in catalogue.items()} == {name: one.id for name, one in source.items()}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_message_is_translated_and_none_by_guess(language: str) -> None:
    catalogue = written(language)
    assert not catalogue.fuzzy
    missing = [one.id for one in named(catalogue).values() if one.fuzzy or not all(said(one))]
    assert missing == []
    plural = [one for one in named(catalogue).values() if one.pluralizable]
    assert {len(said(one)) for one in plural} == {catalogue.num_plurals}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    for (_context, english), message in named(written(language)).items():
        for text in said(message):
            assert fields(text) == fields(english), text
    assert [list(one.check()) for one in named(written(language)).values() if list(one.check())] == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_what_is_read_at_run_time_is_what_the_translator_wrote(language: str) -> None:
    source, binary = named(written(language)), named(compiled(language))
    assert {name: said(one) for name, one in binary.items()} == {
        name: said(one) for name, one in source.items()
    }
    assert compiled(language).plural_expr == written(language).plural_expr


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de"}, "de"),
        ({"LANG": "de_AT.ISO-8859-15@euro"}, "de"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_CH.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_TIME": "en_GB.UTF-8"}, "de"),
        ({"LANG": "../../etc/passwd"}, "en"),
    ],
)
def test_the_environment_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_a_catalogue_that_cannot_be_read_leaves_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (FOLDER / "de" / "LC_MESSAGES" / "kepthour.mo").read_bytes()
    for name, content in {"cut": whole[:100], "empty": b"", "other": b"MO?" * 100}.items():
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "kepthour.mo").write_bytes(content)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    assert [tongue(name) for name in ("cut", "empty", "other", "missing")] == [ENGLISH] * 4
