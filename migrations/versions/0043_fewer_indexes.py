"""Indexes that SQLite chose wrongly, and one that another one contained: what a redemption writes and reads.

How many of a reward somebody has was counted among all redemptions of it, and the oldest free code was looked for
among all free codes there are: its unique index answers `IS NULL` too, and SQLite holds that for one row at most.
"""

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None

TAKEN = "redemption_id IS NOT NULL"


def upgrade() -> None:
    op.drop_index(op.f("ix_ledger_entry_transaction_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_redemption_reward_id"), table_name="redemption")
    op.create_index("ix_redemption_reward", "redemption", ["reward_id", "person_id"])
    with op.batch_alter_table("reward_code") as batch:
        batch.drop_constraint(op.f("uq_reward_code_redemption_id"), type_="unique")
    op.create_index(
        "one_code_per_redemption", "reward_code", ["redemption_id"], unique=True, sqlite_where=sa.text(TAKEN),
        postgresql_where=sa.text(TAKEN),
    )


def downgrade() -> None:
    op.drop_index("one_code_per_redemption", table_name="reward_code")
    with op.batch_alter_table("reward_code") as batch:
        batch.create_unique_constraint(op.f("uq_reward_code_redemption_id"), ["redemption_id"])
    op.drop_index("ix_redemption_reward", table_name="redemption")
    op.create_index(op.f("ix_redemption_reward_id"), "redemption", ["reward_id"])
    op.create_index(op.f("ix_ledger_entry_transaction_id"), "ledger_entry", ["transaction_id"])
