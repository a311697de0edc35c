"""Answers of public addresses that are kept between two readings."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("address_digest", sa.String(64), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_digest", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_kept_until"), "kept_answer", ["kept_until"])


def downgrade() -> None:
    op.drop_index(op.f("ix_kept_answer_kept_until"), "kept_answer")
    op.drop_table("kept_answer")
