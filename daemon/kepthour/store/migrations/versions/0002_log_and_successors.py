"""The log tells when a reminder was claimed and changed, and why it was refused; a session knows its successor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reminders", sa.Column("problem", sa.Text(), nullable=True))
    op.add_column("reminders", sa.Column("claimed_at", sa.BigInteger(), nullable=True))
    op.add_column("reminders", sa.Column("changed_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_reminders_recall"), "reminders", ["recall"], unique=False)
    op.create_index(op.f("ix_watches_therapist_id_until"), "watches", ["therapist_id", "until"], unique=False)
    op.add_column("sessions", sa.Column("successor", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "successor")
    op.drop_index(op.f("ix_watches_therapist_id_until"), table_name="watches")
    op.drop_index(op.f("ix_reminders_recall"), table_name="reminders")
    op.drop_column("reminders", "changed_at")
    op.drop_column("reminders", "claimed_at")
    op.drop_column("reminders", "problem")
