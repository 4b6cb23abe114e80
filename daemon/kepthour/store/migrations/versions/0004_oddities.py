"""What is odd about a session, and when it was moved or came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("moved_at", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("restored_at", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("oddities", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("sessions", "oddities")
    op.drop_column("sessions", "restored_at")
    op.drop_column("sessions", "moved_at")
