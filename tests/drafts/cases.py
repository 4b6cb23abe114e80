"""The texts that stand in `texts/LANGUAGE/CASE.txt`, for reviewers to read: what happened, and what was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kepthour.core.drafts import Client, Draft, Length, Note, Occasion, Reason, Wish, choose, choose_note
from kepthour.core.verdict import Verdict
from kepthour.drafts.render import Rendered, render

TEXTS = Path(__file__).parent / "texts"
NOWHERE = Path("/nowhere")  # the user has no templates of their own
START = datetime(2026, 3, 2, 14, tzinfo=ZoneInfo("Europe/Berlin"))
MISSED = Occasion("3", 2, Verdict.MISSED, START, START + timedelta(minutes=50))
LATE = replace(MISSED, severity=1, verdict=Verdict.LATE)
LANGUAGES = ("en", "de")
TIMES = tuple(datetime(2026, 3, day, hour, tzinfo=START.tzinfo) for day, hour in ((3, 16), (5, 9)))


def _all(happened: Occasion, length: Length, *clients: Client) -> Draft:
    """With everything that can be said of a client, and a reason."""
    before = replace(happened, earlier=START - timedelta(days=14))
    said = frozenset({Client.NEW, Client.HIGH_NEED, *clients})
    return choose(replace(before, severity=3), Wish(length, said, Reason.OVERLOOKED))


def _drafts() -> dict[str, Draft]:
    found = {}
    for happened, name in ((MISSED, "missed"), (LATE, "late")):
        for length in Length:
            minor = frozenset({Client.MINOR})
            known = replace(happened, minutes_late=17 if name == "late" else None)
            found[f"{name}-{length}"] = choose(known, Wish(length))
            found[f"{name}-{length}-all"] = _all(happened, length)
            found[f"{name}-parent-{length}"] = choose(known, Wish(length, minor))
            found[f"{name}-parent-{length}-all"] = _all(happened, length, Client.MINOR)
    return found


def _notes() -> dict[str, Draft]:
    contacted = replace(MISSED, contacted_at=START + timedelta(minutes=22))
    late, plain = replace(LATE, minutes_late=17), Wish()
    everything = Wish(clients=frozenset(Client), reason=Reason.DOUBLE_BOOKED, repeat=True)
    return {
        "note-record": choose_note(MISSED, Note.RECORD, plain),
        "note-record-contacted": choose_note(contacted, Note.RECORD, everything),
        "note-record-late": choose_note(late, Note.RECORD, plain),
        "note-supervision": choose_note(contacted, Note.SUPERVISION, plain),
        "note-supervision-all": choose_note(contacted, Note.SUPERVISION, everything),
        "note-supervision-late": choose_note(late, Note.SUPERVISION, plain),
        "note-billing": choose_note(MISSED, Note.BILLING, plain),
    }


CASES = _drafts() | _notes()


def texts(language: str) -> dict[str, str]:
    """By case: the subject in brackets, if it has one, and the text, as they stand in the file."""
    found = {name: _file(render(draft, language, NOWHERE)) for name, draft in CASES.items()}
    offered = choose(MISSED, Wish(times=TIMES))
    found["missed-message-times"] = _file(render(offered, language, NOWHERE))
    for reason in Reason:
        text = render(choose(MISSED, Wish(reason=reason)), language, NOWHERE).text
        found[f"reason-{reason}"] = text.splitlines()[2] + "\n"
    return found


def _file(made: Rendered) -> str:
    head = f"[{made.subject}]\n\n" if made.subject else ""
    return f"{head}{made.text}\n"


def write() -> None:
    """Write all files anew: `python -m tests.drafts.cases`. Read what changed before you commit it."""
    for language in LANGUAGES:
        folder = TEXTS / language
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.txt"):
            old.unlink()
        for name, text in texts(language).items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
