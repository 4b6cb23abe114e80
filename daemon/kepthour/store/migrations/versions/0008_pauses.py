"""Why nobody watched before a watch began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("watches", sa.Column("pause", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("watches", "pause")
