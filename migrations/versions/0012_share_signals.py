"""Signals: which are on, and what they noticed of which share."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'signal_switch',
        sa.Column('code', sa.String(length=32), nullable=False),
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('changed_by_id', sa.String(length=26), nullable=True),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['changed_by_id'], ['person.id'], name=op.f('fk_signal_switch_changed_by_id_person')),
        sa.PrimaryKeyConstraint('code', name=op.f('pk_signal_switch')),
    )
    op.create_table(
        'share_signal',
        sa.Column('share_id', sa.String(length=26), nullable=False),
        sa.Column('code', sa.String(length=32), nullable=False),
        sa.Column('weight', sa.Integer(), nullable=False),
        sa.Column('details', sa.JSON(), nullable=False),
        sa.Column('noticed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('weighed_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('weight BETWEEN 1 AND 3', name=op.f('ck_share_signal_weight_known')),
        sa.ForeignKeyConstraint(
            ['share_id'], ['share.id'], name=op.f('fk_share_signal_share_id_share'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('share_id', 'code', name=op.f('pk_share_signal')),
    )
    op.create_index('ix_share_signal_code', 'share_signal', ['code', 'noticed_at'])


def downgrade() -> None:
    refuse_to_lose(["share_signal", "signal_switch"])
    op.drop_table('share_signal')
    op.drop_table('signal_switch')
