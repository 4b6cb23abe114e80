"""Finds the pieces of one series, and what is owed: without that, polls read all that a calendar holds.

And says since when a calendar is there: its first poll may take long, and must not do so in silence.
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


def upgrade() -> None:
    for name, (column, few) in _FEW.items():
        op.create_index(name, "resources", ["calendar_id", column], sqlite_where=sa.text(few))
    op.add_column("calendars", sa.Column("added_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("calendars", "added_at")
    for name in _FEW:
        op.drop_index(name, "resources")
