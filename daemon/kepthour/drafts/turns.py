"""Turns of phrase that hurt in an apology, and its shape: what happened comes first, the offer of times last.

Held against every built-in template by a test, and against what a user's own template says as a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CONDITION = "an apology with a condition: it asks whether anything happened at all"
_OFFICE = "the language of offices: nobody was inconvenienced, somebody waited"
_PROMISE = "a promise that nobody can keep: say the one thing that you change"
_GUESS = "tells the client what they felt or did: ask instead"
_BUT = "takes the apology back"
_BLAME = "blames a machine"
_TURNED = "puts it on the client"
_BEGGING = "asks the client to make it easier for you"
_SMALL = "makes it small"
_LOUD = "more than one exclamation mark"

_MACHINE_EN = r"\b(calendar|computer|system|software|app|programme?|phone|reminder)s?\s+"
_MACHINE_DE = (
    r"\b(kalender|computer|rechner|system|software|programm|app|telefon|handy|erinnerung|technik)\s+"
)

_EN = (
    (r"\b(sorry|apologi[sz]e|regret it)[\s,;:–—-]{1,3}(if|in case|that you (feel|felt|think))\b", _CONDITION),
    (r"\binconvenien|\bapologi[sz]e for any\b|\bany (trouble|distress|upset)\b", _OFFICE),
    (r"\bnever again\b|\b(not|never|won['’]t) happen again\b|\bi promise\b|\bguarantee\b", _PROMISE),
    (r"\byou (must|surely|certainly|no doubt|probably) (have|be|been|felt|feel|were|are)\b", _GUESS),
    (r"\b(sorry|apolog(y|i[sz]e|ies)|regret)\b[^.!?\n]{0,60}\b(but|however|although)\b", _BUT),
    (r"\b(sorry|apolog(y|i[sz]e|ies))\b[^.!?\n]*[.!]\s+(but|however)\b", _BUT),
    (
        rf"{_MACHINE_EN}(has|have|had|did|didn['’]t|failed|lost|forgot|crashed)\b"
        rf"|{_MACHINE_EN}(was|were|is) (not|wrong|down|broken|to blame|at fault)\b",
        _BLAME,
    ),
    (
        r"\bunfortunately,? you\b|\byou (could|should|might) have (called|told|let|written|reminded)\b",
        _TURNED,
    ),
    (r"\byou (did not|didn['’]t) (call|tell|write|remind)\b", _TURNED),
    (r"\bforgive me\b|\b(hope|trust) (that )?you (can |will )?(understand|forgive)\b", _BEGGING),
    (r"\bno (big deal|harm)\b|\bthese things happen\b|\b(only|just) (a|one) (session|few minutes)\b", _SMALL),
)
_DE = (
    (r"\b(leid|entschuldig\w*( mich)?|bedaue?r\w*)[\s,;:–—-]{1,3}(wenn|falls|sollte\w*)\b", _CONDITION),
    (r"unannehmlichkeit", _OFFICE),
    (r"\bnie (wieder|mehr)\b|\bnicht (wieder|mehr|noch einmal) (vorkommen|passieren|geschehen)\b", _PROMISE),
    (r"\bkommt nicht (wieder|mehr|noch einmal) vor\b|\bich verspreche\b|\bgarantier", _PROMISE),
    (r"\b(sie müssen|müssen sie|mussten sie)\b[^.!?\n]*\b(haben|gewesen sein|gefühlt)\b", _GUESS),
    (r"\bsie (waren|sind|haben) (sich )?(sicher|sicherlich|bestimmt|gewiss)\b", _GUESS),
    (r"\b(leid|entschuldig\w*|bedaue?r\w*)\b[^.!?\n]{0,60}\b(aber|jedoch|allerdings|obwohl)\b", _BUT),
    (r"\b(leid|entschuldig\w*)\b[^.!?\n]*[.!]\s+(aber|jedoch|allerdings)\b", _BUT),
    (
        rf"{_MACHINE_DE}(hat|hatte|haben|hatten|streikte?)\b"
        rf"|{_MACHINE_DE}(ist|war|wurde) (schuld|kaputt|falsch|ausgefallen|nicht|defekt|abgestürzt)\b",
        _BLAME,
    ),
    (r"\bleider (haben|hatten|waren|sind) sie\b|\bsie hätten (mich|mir|doch)\b", _TURNED),
    (r"\bsie haben (mich |mir |sich )?nicht (gemeldet|angerufen|erinnert|geschrieben|bescheid)\b", _TURNED),
    (r"\bverzeihen sie\b|\bum (verzeihung|vergebung|verständnis)\b|\bhaben sie verständnis\b", _BEGGING),
    (r"\bhalb so (schlimm|wild)\b|\bkann (ja |doch )?(jedem |mal )?passieren\b", _SMALL),
    (r"\bnur (eine sitzung|ein termin|ein paar minuten)\b", _SMALL),
)
_ALL = {"en": _EN, "de": _DE}
_PATTERNS = {
    language: [(re.compile(pattern, re.IGNORECASE), why) for pattern, why in turns]
    for language, turns in _ALL.items()
}
_MARKS = re.compile(r"!")
_CLOSING = 40  # characters of a line that may still follow the times: a greeting, a name


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of phrase that had better not be there; `line` counts from 1."""

    line: int
    found: str
    why: str

    def __str__(self) -> str:
        return f"line {self.line}, “{self.found}”: {self.why}"


def turns(text: str, language: str) -> list[Turn]:
    """The forbidden turns in a text or a template of `language`, by line. A language without a list has none."""
    found = [
        Turn(_line(text, match.start()), " ".join(match.group().split()), why)
        for pattern, why in _PATTERNS.get(language, ())
        for match in pattern.finditer(text)
    ]
    marks = [match.start() for match in _MARKS.finditer(text)]
    found += [Turn(_line(text, marks[1]), "!", _LOUD)] if len(marks) > 1 else []
    return sorted(found, key=lambda one: one.line)


def misshapen(text: str, fact: Sequence[str], offer: str, *, spoken: bool) -> Iterator[str]:
    """What is wrong with the shape of a text for a client.

    `fact` are the day and the time as written, `offer` is the last line of the times or what stands for them; `spoken`:
    these are notes for a call, where what is said are lines that begin with a dash.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith("–")] if spoken else lines[:2]
    first = said[:1] if spoken else said
    if not any(all(part in line for part in fact) for line in first):
        yield "day and time of what happened do not stand in the first line."
    places = [number for number, line in enumerate(text.splitlines()) if line.strip().endswith(offer)]
    if not places:
        yield "no times are offered."
        return
    after = text.splitlines()[places[-1] + 1 :]
    if (after and after[0].strip()) if spoken else any(len(line) > _CLOSING for line in after):
        yield "the offer of times does not come last."


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
