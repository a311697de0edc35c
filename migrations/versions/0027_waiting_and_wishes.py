"""Waiting lists of rewards that are gone, and wishes of who saves for one."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

LIVE = "state IN ('waiting', 'held')"
WAITING = "state = 'waiting'"


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        'reward_wait',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('variant_id', sa.String(length=26), nullable=True),
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'held', 'taken', 'missed', 'left')", name=op.f('ck_reward_wait_state_known')
        ),
        sa.CheckConstraint(
            "(state = 'held') = (held_until IS NOT NULL)", name=op.f('ck_reward_wait_held_until_a_moment')
        ),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_wait_reward_id_reward')),
        sa.ForeignKeyConstraint(
            ['variant_id'], ['reward_variant.id'], name=op.f('fk_reward_wait_variant_id_reward_variant')
        ),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reward_wait_person_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_wait')),
    )
    op.create_index('one_wait_per_person', 'reward_wait', ['person_id', 'reward_id'], unique=True, **_where(LIVE))
    op.create_index('ix_reward_wait_line', 'reward_wait', ['reward_id', 'joined_at', 'id'], **_where(WAITING))
    op.create_table(
        'reward_wish',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reward_wish_person_id_person')),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_wish_reward_id_reward')),
        sa.PrimaryKeyConstraint('person_id', 'reward_id', name=op.f('pk_reward_wish')),
    )


def downgrade() -> None:
    refuse_to_lose(['reward_wait', 'reward_wish'])
    op.drop_table('reward_wish')
    op.drop_table('reward_wait')
