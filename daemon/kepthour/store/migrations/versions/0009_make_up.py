"""Repair cards: the make-up session, where they meet first after the miss, and the holds; who ticked a step off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_CARDS = (
    ("make_up", sa.Text()),
    ("make_up_start", sa.BigInteger()),
    ("make_up_by", sa.Text()),
    ("make_up_why", sa.Text()),
    ("meeting", sa.Text()),
    ("stood", sa.JSON()),
)


def upgrade() -> None:
    for name, kind in _CARDS:
        op.add_column("cards", sa.Column(name, kind, nullable=True))
    op.add_column("cards", sa.Column("holds", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("card_steps", sa.Column("done_by", sa.Text(), nullable=True))
    # Up to here nobody but the therapist could.
    op.execute("UPDATE card_steps SET done_by = 'therapist' WHERE done_at IS NOT NULL")


def downgrade() -> None:
    op.drop_column("card_steps", "done_by")
    for name in ("holds", *(name for name, _kind in reversed(_CARDS))):
        op.drop_column("cards", name)
