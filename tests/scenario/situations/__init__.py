"""The table of situations, by what decides them."""

from __future__ import annotations

from tests.scenario.situations.answered import ANSWERED
from tests.scenario.situations.calendars import CALENDARS
from tests.scenario.situations.edited import EDITS
from tests.scenario.situations.machines import MACHINES
from tests.scenario.situations.missed import MISSED
from tests.scenario.situations.rooms import ROOMS
from tests.support.situation import Situation

SITUATIONS: tuple[Situation, ...] = (*ANSWERED, *CALENDARS, *EDITS, *MACHINES, *ROOMS, *MISSED)
