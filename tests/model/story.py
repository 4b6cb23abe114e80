"""What happened in a run, entry by entry, in plain words: all that the judge knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.response import Kind

Key = tuple[str, datetime]  # a client's alias, and when the session begins (aware UTC)
View = Mapping[Key, str]  # what takes place, as one poll saw it, each with its id


class Mood(StrEnum):
    """What a display does with what it is handed."""

    TAKES = "takes notices"
    REFUSES = "refuses notices"
    HANGS = "takes longer than any deadline"
    SLOW = "takes five seconds"


@dataclass(frozen=True, slots=True)
class Entry:
    """`at` is what the machine's clock showed, aware UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Told(Entry):
    """Something that the judge need not know."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Polled(Entry):
    """The calendar was asked. `whole`: the daemon lived to see the end of it."""

    view: View
    whole: bool

    def __str__(self) -> str:
        held = ", ".join(f"{alias} at {start:%d %H:%M:%S}" for alias, start in sorted(self.view))
        return f"a poll {'sees' if self.whole else 'that the daemon dies in sees'}: {held or 'nothing'}"


@dataclass(frozen=True, slots=True)
class PollFailed(Entry):
    """The calendar did not answer, or was not believed."""

    problem: str

    def __str__(self) -> str:
        return f"a poll fails: {self.problem}"


@dataclass(frozen=True, slots=True)
class Began(Entry):
    """A daemon starts."""

    def __str__(self) -> str:
        return "the daemon starts"


@dataclass(frozen=True, slots=True)
class Stopping(Entry):
    """It was told to stop: nothing is begun any more, and what is on its way may arrive."""

    def __str__(self) -> str:
        return "the daemon is told to stop"


@dataclass(frozen=True, slots=True)
class Ended(Entry):
    """It ends: dead on the spot, or stopped in peace."""

    crash: bool

    def __str__(self) -> str:
        return "the daemon DIES" if self.crash else "the daemon is stopped"


@dataclass(frozen=True, slots=True)
class Jumped(Entry):
    """The machine slept, or its clock was set. `at` is the time after it."""

    before: datetime
    slept: bool

    @property
    def by(self) -> timedelta:
        """Less than nothing for a clock that was set back."""
        return self.at - self.before

    def __str__(self) -> str:
        back = self.by < timedelta()
        how = "the machine sleeps for" if self.slept else f"the clock is set {'back' if back else 'ahead'} by"
        return f"{how} {abs(self.by)}"


@dataclass(frozen=True, slots=True)
class Turned(Entry):
    """A display changes its mood."""

    channel: str
    mood: Mood

    def __str__(self) -> str:
        return f"the {self.channel} {self.mood.value} from now on"


@dataclass(frozen=True, slots=True)
class Handed(Entry):
    """A notice was handed to a channel. `number` tells one handing over from another."""

    number: int
    channel: str
    subject: str
    rung: str
    start: datetime | None
    title: str
    replaces: str | None

    def __str__(self) -> str:
        again = f" in the place of {self.replaces}" if self.replaces else ""
        return f"the {self.channel} is handed [{self.rung}] {self.title!r}{again}"


@dataclass(frozen=True, slots=True)
class Took(Entry):
    """The channel accepted it; `reference` is how it can be taken back."""

    handed: Handed
    reference: str

    def __str__(self) -> str:
        return f"the {self.handed.channel} shows [{self.handed.rung}] as {self.reference}"


@dataclass(frozen=True, slots=True)
class Refused(Entry):
    """The channel did not accept it."""

    handed: Handed
    how: str

    def __str__(self) -> str:
        return f"the {self.handed.channel} does not take [{self.handed.rung}]: {self.how}"


@dataclass(frozen=True, slots=True)
class Recalled(Entry):
    """A notice was taken back."""

    channel: str
    reference: str

    def __str__(self) -> str:
        return f"{self.reference} is taken back from the {self.channel}"


@dataclass(frozen=True, slots=True)
class Answered(Entry):
    """The therapist answered `subject`. Not `sure`: the daemon died over it. `span`: how long a snooze, how late."""

    subject: str
    kind: Kind
    span: timedelta | None
    sure: bool

    def __str__(self) -> str:
        span = f" ({self.span})" if self.span else ""
        return f"the therapist says {self.kind.value!r}{span} to {self.subject}" + (
            "" if self.sure else ", perhaps"
        )


@dataclass(frozen=True, slots=True)
class Rejected(Entry):
    """An answer was not accepted. `unknown`: since no session was found for it."""

    subject: str
    kind: Kind
    unknown: bool
    why: str

    def __str__(self) -> str:
        return f"{self.kind.value!r} to {self.subject} is not accepted: {self.why}"


@dataclass(frozen=True, slots=True)
class Replied(Entry):
    """A question was answered with a button. `taken`: None if the daemon died over it."""

    asked: Handed
    says: str
    taken: bool | None
    why: str = ""

    def __str__(self) -> str:
        became = {True: "", False: f", which is not taken: {self.why}", None: ", perhaps"}[self.taken]
        return f"the therapist replies {self.says!r} to [{self.asked.rung}] of {self.asked.subject}{became}"


@dataclass(frozen=True, slots=True)
class Concluded(Entry):
    """`status` begins to show an open question about a session."""

    subject: str
    verdict: str
    decided_at: datetime

    def __str__(self) -> str:
        return f"{self.subject} is noted as {self.verdict}"


@dataclass(frozen=True, slots=True)
class Failed(Entry):
    """Something in the daemon raised what nobody there expects."""

    error: str

    def __str__(self) -> str:
        return f"the daemon fails: {self.error}"


@dataclass
class Story:
    """The entries in the order in which they happened."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """It just happened."""
        self.entries.append(entry)

    def text(self) -> str:
        """For a person who has to understand what went wrong."""
        return "\n".join(f"  {entry.at:%b %d %H:%M:%S.%f} {entry}" for entry in self.entries)
