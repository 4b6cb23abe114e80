"""Finds the reminders of a session: without that, each one that is forgotten would read them all."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_reminders_session_id", "reminders", ["session_id"])


def downgrade() -> None:
    op.drop_index("ix_reminders_session_id", "reminders")
