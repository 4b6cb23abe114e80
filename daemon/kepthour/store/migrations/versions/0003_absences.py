"""The therapist may be away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("therapist_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["therapist_id"],
            ["therapists.id"],
            name=op.f("fk_absences_therapist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_therapist_id_end"), "absences", ["therapist_id", "end"], unique=False)
    op.create_index(op.f("ix_occurrences_kind"), "occurrences", ["kind"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_occurrences_kind"), table_name="occurrences")
    op.drop_index(op.f("ix_absences_therapist_id_end"), table_name="absences")
    op.drop_table("absences")
