"""Rewards for tiers: what they cost from a tier on, and the tier that they are for.

Going back refuses while a reward has either.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

LOWEST = "INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_reward_tier_not_negative CHECK (lowest_tier >= 0)"


def upgrade() -> None:
    op.create_table(
        'reward_tier_price',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('rank', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('price_points', sa.Integer(), nullable=False),
        sa.CheckConstraint('rank > 0', name=op.f('ck_reward_tier_price_of_a_tier')),
        sa.CheckConstraint('price_points > 0', name=op.f('ck_reward_tier_price_costs_something')),
        sa.ForeignKeyConstraint(
            ['reward_id'], ['reward.id'], name=op.f('fk_reward_tier_price_reward_id_reward'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('reward_id', 'rank', name=op.f('pk_reward_tier_price')),
    )
    op.execute(f"ALTER TABLE reward ADD COLUMN lowest_tier {LOWEST}")


def downgrade() -> None:
    refuse_to_lose(['reward_tier_price'])
    refuse_to_lose(['reward'], where='lowest_tier > 0')
    with op.batch_alter_table("reward") as batch:
        batch.drop_constraint(op.f("ck_reward_tier_not_negative"), type_="check")
        batch.drop_column("lowest_tier")
    op.drop_table('reward_tier_price')
