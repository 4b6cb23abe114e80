"""Where in the titles of sessions the client stands: initials, or a name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from kepthour.core.suggest.vocabulary import BEFORE_A_CLIENT, FILLERS, OTHER, SESSION

_DOTTED = r"[A-ZÄÖÜ]\. ?[A-ZÄÖÜ]\."
_INITIALS = r"[A-ZÄÖÜ]{2,3}"
_PART = r"[A-ZÄÖÜ][\w'’-]+"
_NAME = rf"{_PART}(?: (?:{_PART}|[A-ZÄÖÜ]\b\.?))?"
_END = r"(?!\w)"
_LEAD = re.compile(r"^((?:[^\W\d_]+[.:]?[ ]+)(?:(?:[^\W\d_]+|[-–])[ ]+)?)(\S.*)$")
_KNOWN = SESSION | OTHER | FILLERS
_FEWEST_EVENTS, _FEWEST_CLIENTS = 3, 2


def client_patterns(titles: Sequence[str]) -> list[str]:
    """Regular expressions with a group `client`, in the order in which they are to be tried.

    `titles`: one an event. Each pattern fits at least three of them, and two clients.
    """
    left, found = list(titles), []
    for pattern in _candidates(titles):
        compiled = re.compile(pattern)
        matches = [
            match for title in left if (match := compiled.search(title)) and _is_client(match["client"])
        ]
        clients = {match["client"] for match in matches}
        if len(matches) >= _FEWEST_EVENTS and len(clients) >= _FEWEST_CLIENTS:
            found.append(pattern)
            left = [title for title in left if not compiled.search(title)]
    return found


def _candidates(titles: Sequence[str]) -> Iterator[str]:
    """The narrow ones first."""
    yield from _after_a_word(titles)
    yield rf"^(?P<client>{_DOTTED})"
    yield rf"^(?P<client>{_INITIALS})\b"
    words = sorted({word for title in titles for word in title.split()[1:] if _bare(word) in SESSION})
    if words:
        yield rf"^(?P<client>{_NAME})(?=,? (?:[-–:] )?(?:{'|'.join(map(literal, words))}){_END})"
    yield rf"^{_no_name(titles)}(?P<client>{_NAME})$"


def _after_a_word(titles: Sequence[str]) -> Iterator[str]:
    """ "Therapie A.B.", "Session with Anna": what stands behind a word for a session."""
    rests: dict[str, list[str]] = defaultdict(list)
    for title in titles:
        match = _LEAD.match(title)
        for lead, rest in _leads(match) if match else ():
            rests[lead].append(rest)
    for lead, behind in sorted(rests.items(), key=lambda item: (-len(item[1]), -len(item[0]), item[0])):
        for who, end in ((_DOTTED, ""), (_INITIALS, r"\b"), (_NAME, _END)):
            if all(re.match(f"{who}{end}", rest) for rest in behind):
                yield rf"^{literal(lead)}(?P<client>{who}){end}"
                break


def _leads(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    """The words before a client, and what follows; nothing if these are no such words."""
    lead, rest = match[1], match[2]
    first, *others = lead.split()
    if _bare(first) not in SESSION:
        return
    if others and others[0].casefold() not in BEFORE_A_CLIENT and others[0] not in {"-", "–"}:
        lead, rest = f"{first} ", match[0][len(first) :].lstrip()
    if _bare(rest.split()[0]) not in _KNOWN:
        yield lead, rest


def _no_name(titles: Sequence[str]) -> str:
    """Titles that are shaped like a name, and are none: "Erstgespräch"."""
    shaped = re.compile(rf"{_NAME}")
    none = sorted({title for title in titles if shaped.fullmatch(title) and not _is_client(title)})
    return rf"(?!(?:{'|'.join(map(literal, none))})$)" if none else ""


def _is_client(text: str) -> bool:
    return not any(_bare(word) in _KNOWN for word in text.split())


def literal(text: str) -> str:
    """As `re.escape`, but for spaces: people read this."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def _bare(word: str) -> str:
    return word.strip(".:,;()-–").casefold()
