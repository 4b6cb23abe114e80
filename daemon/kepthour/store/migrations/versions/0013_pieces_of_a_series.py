"""Finds the pieces of one series: without that, each change of a calendar reads all that it holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NAME = "ix_resources_calendar_id_series"


def upgrade() -> None:
    op.create_index(_NAME, "resources", ["calendar_id", "series"], sqlite_where=sa.text("series IS NOT NULL"))


def downgrade() -> None:
    op.drop_index(_NAME, "resources")
