"""Finds the few resources that are set aside or were guessed at: without that, every status reads all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_FEW = {
    "ix_resources_calendar_id_quarantine": ("quarantine", "quarantine IS NOT NULL"),
    "ix_resources_calendar_id_doubts": ("doubts", "doubts != '[]'"),
}


def upgrade() -> None:
    for name, (column, few) in _FEW.items():
        op.create_index(name, "resources", ["calendar_id", column], sqlite_where=sa.text(few))


def downgrade() -> None:
    for name in _FEW:
        op.drop_index(name, "resources")
