"""Known sessions and observed ones -> what happened to each.

A series that is split ("this and following") or moved as a whole brings new identities at the same or
nearly the same times: such a pair is one session that lives on, not one lost and one found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from kepthour.core.duplicates import same
from kepthour.core.privacy import Phi
from kepthour.core.response import EARLIEST_CHECK_IN
from kepthour.core.sessions import Session


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session as it is stored. Instants are aware UTC."""

    id: str
    calendar: str
    uid: str
    recurrence_id: datetime | None
    start: datetime
    end: datetime
    client: Phi
    place: Phi
    join_url: Phi
    revision: int  # how often its start changed, or it came back
    cancelled: bool

    @property
    def original_start(self) -> datetime:
        """The instant the series meant it for; a single event's own start."""
        return self.recurrence_id or self.start


class Fate(StrEnum):
    """What happened to a session between two looks."""

    ADDED = "added"
    SAME = "same"
    EDITED = "edited"  # place, link, length or alias; the start stays
    MOVED = "moved"
    RESTORED = "restored"
    CANCELLED = "cancelled"  # the calendar says so, or holds it no longer
    SUCCEEDED = "succeeded"  # lives on under another identity


@dataclass(frozen=True, slots=True)
class Happening:
    """One session's fate. `observed` is None for one that is gone."""

    fate: Fate
    id: str
    observed: Session | None
    predecessor: str | None = None  # the id it takes over from
    successor: str | None = None  # the id it lives on under
    keeps_answers: bool = False  # to the one before: the start is the same, or both are over
    revived: bool = False  # the one it takes over from was cancelled: its ladder is over
    put_right: bool = False  # it had begun, and its entry stands now where it really was


_NEAR = timedelta(hours=24)
_CLOSE = timedelta(days=3)


def compare(
    known: Mapping[str, KnownSession],
    observed: Mapping[str, Session],
    now: datetime,
    cancelled: Collection[str] = (),
    doubles: Mapping[str, str] = MappingProxyType({}),
) -> list[Happening]:
    """What happened, session by session, in no particular order. Both mappings are by id; `now` is aware UTC.

    What was over and is over was held or missed when it was: a series that moves today does not undo this morning.
    `cancelled` are the ids of which their calendar says so: another calendar that holds the like does not carry it on.
    `doubles` are ids of what stands in another calendar, too, each with the id of that one.
    """
    lost = [old for key, old in known.items() if key not in observed]
    found = [new for key, new in observed.items() if key not in known]
    heirs = _pair(lost, found, cancelled, now)
    heirs |= _merged(
        [old for old in lost if old.id not in heirs.values()], known, observed, cancelled, doubles, now
    )
    heir_of = {before: new_id for new_id, before in heirs.items()}
    happenings = [
        _with_predecessor(_fate(old, observed[key], now), known.get(heirs.get(key, "")))
        for key, old in known.items()
        if key in observed
    ]
    for old in lost:
        heir = heir_of.get(old.id)
        if heir is not None:
            new = observed[heir]
            happenings.append(
                Happening(
                    Fate.SUCCEEDED,
                    old.id,
                    None,
                    successor=heir,
                    keeps_answers=_keeps_answers(old, new, now),
                    put_right=is_put_right(old, new, now),
                )
            )
        elif not old.cancelled:
            happenings.append(Happening(Fate.CANCELLED, old.id, None))
    for new in found:
        before = heirs.get(new.id)
        happenings.append(_addition(new, known[before] if before is not None else None, now))
    return happenings


def _addition(new: Session, before: KnownSession | None, now: datetime) -> Happening:
    if before is None:
        return Happening(Fate.ADDED, new.id, new)
    keeps = _keeps_answers(before, new, now)
    return Happening(
        Fate.ADDED,
        new.id,
        new,
        predecessor=before.id,
        keeps_answers=keeps,
        revived=before.cancelled,
        put_right=is_put_right(before, new, now),
    )


def _with_predecessor(happening: Happening, before: KnownSession | None) -> Happening:
    if before is None:
        return happening
    return replace(happening, predecessor=before.id, keeps_answers=True)


def is_put_right(old: KnownSession, new: Session, now: datetime) -> bool:
    """Whether the entry of a session that has begun was moved to where the session really was.

    Who is, or was, in it stays so, and what was said of it stays said.
    """
    return not old.cancelled and is_within((old.start, old.end), (new.start, new.end), now)


def is_within(old: tuple[datetime, datetime], new: tuple[datetime, datetime], at: datetime) -> bool:
    """Whether a move from `old` to `new` (start and end), made `at` that time, stays near a session that has begun."""
    near = abs(new[0] - old[0]) <= EARLIEST_CHECK_IN
    return old[0] <= at and near and new[0] < old[1] and old[0] < new[1]


def _keeps_answers(old: KnownSession, new: Session, now: datetime) -> bool:
    return old.start == new.start or _both_over(old, new, now)


def _both_over(old: KnownSession, new: Session, now: datetime) -> bool:
    return old.end <= now and new.end <= now


def _fate(old: KnownSession, new: Session, now: datetime) -> Happening:
    if not old.cancelled and _both_over(old, new, now):
        return Happening(Fate.SAME, old.id, new)
    if old.cancelled:
        return Happening(Fate.RESTORED, old.id, new)
    if old.start != new.start:
        return Happening(Fate.MOVED, old.id, new)
    same = _facts(old) == _facts(new)
    return Happening(Fate.SAME if same else Fate.EDITED, old.id, new)


def _facts(session: KnownSession | Session) -> tuple[object, ...]:
    # With the calendar, though it makes the id: one that was rescued without it gets it back.
    return session.calendar, session.end, session.client, session.place, session.join_url


def _pair(
    lost: Sequence[KnownSession], found: Sequence[Session], cancelled: Collection[str], now: datetime
) -> dict[str, str]:
    """New id -> the id it takes over from. The same calendar, the same UID, the nearest start first; each is used once.

    The UID counts for more than the start: who flies west finds the floating ten o'clock where noon used to be.
    """
    candidates = sorted(
        (old.calendar != new.calendar, old.uid != new.uid, abs(new.start - old.start), new.id, old.id)
        for old in lost
        for new in found
        if _could_be_one(old, new)
        and (old.calendar == new.calendar or old.id not in cancelled)
        and not _is_another_time(old, new, now)
    )
    heirs: dict[str, str] = {}
    for *_order, new_id, old_id in candidates:
        if new_id not in heirs and old_id not in heirs.values():
            heirs[new_id] = old_id
    return heirs


def _is_another_time(old: KnownSession, new: Session, now: datetime) -> bool:
    """Whether the one is over, and the other to come: a series that moves today does not undo this morning."""
    return old.end <= now < new.start


def _merged(
    lost: Iterable[KnownSession],
    known: Mapping[str, KnownSession],
    observed: Mapping[str, Session],
    cancelled: Collection[str],
    doubles: Mapping[str, str],
    now: datetime,
) -> dict[str, str]:
    """Id of a known session -> the id it takes over from: its calendar has caught up with another one.

    That one told first that it is at this start, or with this client; what was answered since was answered to it. Or it
    is that one which caught up.
    """
    changed: dict[datetime, list[Session]] = defaultdict(list)
    for key, new in observed.items():
        before = known.get(key)
        if before is not None and _fate(before, new, now).fate is not Fate.SAME:
            changed[new.start].append(new)
    heirs: dict[str, str] = {}
    for old in lost:
        if old.cancelled or old.id in cancelled:
            continue
        for new in changed[old.start]:
            if new.id not in heirs and new.calendar != old.calendar and same(old, new):
                heirs[new.id] = old.id
                break
        else:
            double = doubles.get(old.id, "")
            if (
                double in observed
                and double in known
                and double not in heirs
                and observed[double].start == old.start
            ):
                heirs[double] = old.id
    return heirs


def _could_be_one(old: KnownSession, new: Session) -> bool:
    if old.cancelled and old.start != new.start:
        return False  # it was over and done with; at the same start it comes back under another id
    # it went from one calendar, and stands in another, too; or a calendar was renamed
    if old.calendar != new.calendar:
        return old.start == new.start and same(old, new)
    if old.uid == new.uid and abs(old.start - new.start) < _NEAR:
        return True
    if old.client != new.client:
        return False
    if old.start != new.start:
        # Some feeds put the date into the UID: a move is a deletion and an addition there.
        same_length = old.end - old.start == new.end - new.start
        return bool(old.client) and same_length and abs(old.start - new.start) <= _CLOSE
    # Two events without an alias are the same only if nothing tells them apart.
    return bool(old.client) or (old.end, old.place, old.join_url) == (new.end, new.place, new.join_url)
