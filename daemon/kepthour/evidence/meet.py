"""Evidence from Google Meet: was the therapist, as who the calendar is read, in the session's room?"""

from __future__ import annotations

from pathlib import Path

from kepthour.core.presence import Presence, Seen, Stay
from kepthour.core.privacy import Phi
from kepthour.ports import Slot
from kepthour_connectors.base import Surroundings
from kepthour_connectors.google import Options
from kepthour_connectors.google.meet import Meet, meeting_code


def make(options: Options, name: str, data: Path) -> MeetEvidence:
    """The source for the google calendar `name` with `options`. Does no I/O yet."""
    return MeetEvidence(Meet(options, Surroundings(name, data)))


class MeetEvidence:
    """An EvidenceSource."""

    def __init__(self, meet: Meet) -> None:
        self._meet = meet

    def can_tell(self, link: Phi) -> bool:
        return meeting_code(link.reveal()) is not None

    def presence(self, slot: Slot) -> Presence:
        code = meeting_code(slot.link.reveal())
        if code is None:
            return Presence(Seen.UNKNOWN, problem="no_room")
        found = self._meet.presence(code, slot.start, slot.end)
        if found.unknown is not None:
            return Presence(Seen.UNKNOWN, problem=found.unknown)
        stays = tuple(Stay(one.since, one.until) for one in found.stays)
        return Presence(Seen.JOINED if stays else Seen.NOT_SEEN, stays)
