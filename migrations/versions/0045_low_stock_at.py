"""Each reward says itself at how many left staff are told; until now it was five for all of them.

Going back forgets the numbers: five holds for all again.
"""

import sqlalchemy as sa
from alembic import op


revision = '0045'
down_revision = '0044'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reward") as batch:
        batch.add_column(sa.Column("low_stock_at", sa.Integer(), nullable=False, server_default="5"))
        batch.create_check_constraint(op.f("ck_reward_low_stock_not_negative"), "low_stock_at >= 0")
    with op.batch_alter_table("reward") as batch:
        batch.alter_column("low_stock_at", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("reward") as batch:
        batch.drop_constraint(op.f("ck_reward_low_stock_not_negative"), type_="check")
        batch.drop_column("low_stock_at")
