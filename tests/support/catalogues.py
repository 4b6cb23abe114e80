"""The messages in the source, and the catalogues of their translations, as Babel reads them."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from kepthour.languages import DOMAIN, FOLDER

SOURCE = Path(__file__).parents[2] / "daemon" / "kepthour"
Name = tuple[str | None, str]  # context, English (of one)


def extracted() -> dict[Name, Message]:
    """What the source says, by context and message."""
    found = Catalog()
    for _file, _line, message, _comments, context in extract_from_dir(SOURCE):
        found.add(message, context=context)
    return named(found)


def named(catalogue: Catalog) -> dict[Name, Message]:
    """The messages of `catalogue` without its header."""
    return {
        (_text(message.context), message.id if isinstance(message.id, str) else message.id[0]): message
        for message in catalogue
        if message.id
    }


def written(language: str) -> Catalog:
    """The .po file of `language`."""
    with _file(language, "po").open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)


def compiled(language: str) -> Catalog:
    """The .mo file of `language`."""
    with _file(language, "mo").open("rb") as file:
        return read_mo(file)


def _text(context: str | bytes | None) -> str | None:
    # Babel leaves those of a .mo as they are
    return context.decode() if isinstance(context, bytes) else context


def _file(language: str, ending: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.{ending}"
