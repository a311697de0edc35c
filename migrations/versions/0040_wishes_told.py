"""Who was told that they can have what they wish for. Going back forgets it: some would be told once more."""

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None

UNTOLD = "told_at IS NULL"


def upgrade() -> None:
    op.add_column("reward_wish", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_reward_wish_untold", "reward_wish", ["person_id", "reward_id"], sqlite_where=sa.text(UNTOLD),
        postgresql_where=sa.text(UNTOLD),
    )


def downgrade() -> None:
    op.drop_index("ix_reward_wish_untold", table_name="reward_wish")
    op.drop_column("reward_wish", "told_at")
