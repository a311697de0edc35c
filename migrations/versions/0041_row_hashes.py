"""A hash over the whole row of each sealed movement, so that no column of an old one is changed unseen.

Days that are sealed already have none: what they were when they were sealed can't be known any more.
"""

from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE ledger_leaf ADD COLUMN row_hash VARCHAR(64)")


def downgrade() -> None:
    refuse_to_lose(["ledger_leaf"], where="row_hash IS NOT NULL")
    op.execute("ALTER TABLE ledger_leaf DROP COLUMN row_hash")
