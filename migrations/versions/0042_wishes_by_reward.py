"""Staff see how many people wish for a reward, without reading all wishes."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_reward_wish_reward_id", "reward_wish", ["reward_id"])


def downgrade() -> None:
    op.drop_index("ix_reward_wish_reward_id", table_name="reward_wish")
