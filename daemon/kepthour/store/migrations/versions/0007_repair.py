"""Repair cards: when the miss was confirmed, steps that are skipped, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("confirmed_at", sa.BigInteger(), nullable=True))
    op.add_column("cards", sa.Column("outcome", sa.Text(), nullable=True))
    op.add_column("card_steps", sa.Column("skipped_at", sa.BigInteger(), nullable=True))
    op.add_column("card_steps", sa.Column("reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("card_steps", "reason")
    op.drop_column("card_steps", "skipped_at")
    op.drop_column("cards", "outcome")
    op.drop_column("cards", "confirmed_at")
