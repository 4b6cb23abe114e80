"""Finds the pieces of one series, and what is owed: without that, polls read all that a calendar holds.

And says since when a calendar is there, and as of when it is known: polls may take long.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_FEW = {
    "ix_resources_calendar_id_series": ("series", "series IS NOT NULL"),
    "ix_resources_calendar_id_owed": ("href", "etag = ''"),
}
_INSTANTS = ("added_at", "as_of")


def upgrade() -> None:
    for name, (column, few) in _FEW.items():
        op.create_index(name, "resources", ["calendar_id", column], sqlite_where=sa.text(few))
    for name in _INSTANTS:
        op.add_column("calendars", sa.Column(name, sa.BigInteger(), nullable=True))
    op.execute("UPDATE calendars SET as_of = last_good_at")


def downgrade() -> None:
    for name in _INSTANTS:
        op.drop_column("calendars", name)
    for name in _FEW:
        op.drop_index(name, "resources")
