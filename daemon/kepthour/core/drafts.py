"""Which text for a client fits what happened, and what it may say. The wording itself is templates: kepthour/drafts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.errors import NeedsPerson
from kepthour.core.repair import CALL, Circumstances, severity
from kepthour.core.verdict import NOT_FINAL, Verdict

_LEAST_LATE = 2  # minutes: a check-in that is said to be late, and is not, tells nothing


class Length(StrEnum):
    """How the client is told."""

    MESSAGE = "message"  # a few lines
    LETTER = "letter"
    PHONE = "phone"  # notes for a call: for the therapist alone


class Client(StrEnum):
    """What the therapist says of the client; the program knows none of it."""

    NEW = "new"  # the work has only begun
    MINOR = "minor"  # a parent is written to
    HIGH_NEED = "high-need"


class Reason(StrEnum):
    """Why it happened, one neutral sentence each. Only the therapist picks one; none blames software or the client."""

    FORGOT = "forgot"
    OVERLOOKED = "overlooked"
    WRONG_TIME = "wrong-time"
    DOUBLE_BOOKED = "double-booked"
    TECHNICAL = "technical"
    ILL = "ill"
    EMERGENCY = "emergency"
    TRAVEL = "travel"


class Note(StrEnum):
    """What the therapist keeps for themselves."""

    RECORD = "record"  # neutral, for the client's record
    SUPERVISION = "supervision"  # without anybody's identity
    BILLING = "billing"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a card is about: the start that was missed. Instants are aware, in the therapist's zone."""

    card: str
    severity: int  # as the card has it
    verdict: Verdict
    start: datetime
    end: datetime
    minutes_late: int | None = None  # None: not late, or nobody knows
    earlier: datetime | None = (
        None  # the start at which the same client was kept waiting last, if that is not long ago
    )
    contacted_at: datetime | None = None
    high_need: bool = False  # the configuration says so of the client
    is_present: bool = True  # the session stands there still: what became of it can be said


@dataclass(frozen=True, slots=True)
class Wish:
    """What the therapist asks for, and what only they know."""

    length: Length = Length.MESSAGE
    clients: frozenset[Client] = frozenset()
    reason: Reason | None = None
    repeat: bool | None = (
        None  # None: as the store has it, which goes by the alias, and two clients may share one
    )
    times: tuple[
        datetime, ...
    ] = ()  # starts that are offered, aware, in the client's zone; none: a placeholder


@dataclass(frozen=True, slots=True)
class Context:
    """All that a template may say. What is None or empty is a placeholder there, or is left out."""

    card: str
    start: datetime  # instants are aware, in the therapist's zone
    end: datetime
    late: bool
    minutes: int | None = None
    repeat: bool = False
    new: bool = False
    high_need: bool = False
    minor: bool = False
    call: bool = False
    reason: str = ""
    times: tuple[datetime, ...] = ()
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Which template, with what; and how serious it is: 1 late, 2 missed, 3 to be told by voice."""

    template: str
    context: Context
    severity: int

    @property
    def is_for_the_client(self) -> bool:
        """Whether its words are meant for the client, written or spoken; else it is a note."""
        return not self.template.startswith("note-")

    @property
    def is_spoken(self) -> bool:
        """Whether these are notes for a call."""
        return self.template.endswith(f"-{Length.PHONE.value}")

    @property
    def is_anonymous(self) -> bool:
        """Whether it may tell nothing by which somebody could be known, not even the day."""
        return self.template == f"note-{Note.SUPERVISION.value}"

    @property
    def call_first(self) -> bool:
        """Whether a text should not be the first that the client hears."""
        return self.severity >= CALL


def choose(occasion: Occasion, wish: Wish) -> Draft:
    """The text for the client. Raises NeedsPerson if there is nothing to apologise for."""
    _check(occasion.verdict)
    late = occasion.verdict is Verdict.LATE
    repeat = occasion.earlier is not None if wish.repeat is None else wish.repeat
    serious = _severity(occasion, wish, repeat=repeat)
    parts = [
        "late" if late else "missed",
        *(["parent"] if Client.MINOR in wish.clients else []),
        wish.length.value,
    ]
    context = Context(
        card=occasion.card,
        start=occasion.start,
        end=occasion.end,
        late=late,
        minutes=occasion.minutes_late,
        repeat=repeat,
        new=Client.NEW in wish.clients,
        high_need=_is_high_need(occasion, wish),
        minor=Client.MINOR in wish.clients,
        call=serious >= CALL,
        reason=wish.reason.value if wish.reason else "",
        times=wish.times,
        contacted_at=occasion.contacted_at,
    )
    return Draft("-".join(parts), context, serious)


def choose_note(occasion: Occasion, note: Note, wish: Wish) -> Draft:
    """The note for the therapist. Raises NeedsPerson if it would say what is not so, or not known."""
    draft = choose(occasion, wish)
    if occasion.verdict in NOT_FINAL:
        raise NeedsPerson(
            "This miss is only suspected, and a note is for good.",
            "Say first what happened: kepthour settle.",
        )
    if note is Note.BILLING and draft.context.late:
        raise NeedsPerson("This session was held, if late.", "What you bill of it is yours to decide.")
    return replace(draft, template=f"note-{note.value}")


def minutes_late(start: datetime, arrived: datetime | None) -> int | None:
    """How late somebody was who `arrived` then, in whole minutes; None: nobody knows, or not worth a word."""
    found = (arrived - start) // timedelta(minutes=1) if arrived is not None else 0
    return found if found >= _LEAST_LATE else None


def _check(verdict: Verdict) -> None:
    if severity(verdict) is None:
        said = verdict.value.replace("_", " ")
        raise NeedsPerson(
            f"This session is settled as “{said}”: there is nothing to apologise for.",
            "If that is wrong, say what happened: kepthour settle.",
        )


def _is_high_need(occasion: Occasion, wish: Wish) -> bool:
    return occasion.high_need or Client.HIGH_NEED in wish.clients


def _severity(occasion: Occasion, wish: Wish, *, repeat: bool) -> int:
    """As the card has it, or more by what the therapist says of the client. Who knows better overrules the card."""
    verdict = Verdict.LATE if occasion.verdict is Verdict.LATE else Verdict.MISSED
    around = Circumstances(repeat, Client.NEW in wish.clients, _is_high_need(occasion, wish))
    said = severity(verdict, around) or 0
    return said if wish.repeat is not None else max(said, occasion.severity)
