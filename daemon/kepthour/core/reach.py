"""How far the program looks back and ahead from now."""

from datetime import timedelta

# What calendars hold is expanded over this span, and kept.
HELD_BEHIND, HELD_AHEAD = timedelta(days=35), timedelta(days=120)
# Sessions are watched, and their ladders planned, over this one.
PLANNED_BEHIND, PLANNED_AHEAD = timedelta(days=1), timedelta(days=8)
