"""Further pictures of rewards. Going back refuses while there are some."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'reward_picture',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('file_key', sa.String(length=120), nullable=False),
        sa.Column('alt', sa.String(length=300), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('length(alt) > 0', name=op.f('ck_reward_picture_says_what_it_shows')),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_picture_reward_id_reward')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_picture')),
    )
    op.create_index('ix_reward_picture_place', 'reward_picture', ['reward_id', 'place'])


def downgrade() -> None:
    refuse_to_lose(['reward_picture'])
    op.drop_table('reward_picture')
