"""Badges that people hold, or held."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'held_badge',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('badge', sa.String(length=40), nullable=False),
        sa.Column('cause_kind', sa.String(length=32), nullable=False),
        sa.Column('cause_id', sa.String(length=80), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('awarded_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('taken_back_why', sa.String(length=300), nullable=False),
        sa.Column('share_token', sa.String(length=32), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint(
            'taken_back_at IS NULL OR share_token IS NULL', name=op.f('ck_held_badge_shown_only_while_held')
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_held_badge_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_held_badge')),
        sa.UniqueConstraint('share_token', name=op.f('uq_held_badge_share_token')),
    )
    op.create_index(
        'a_badge_is_held_once', 'held_badge', ['person_id', 'badge'], unique=True,
        sqlite_where=sa.text('taken_back_at IS NULL'), postgresql_where=sa.text('taken_back_at IS NULL'),
    )
    op.create_index('ix_held_badge_cause', 'held_badge', ['cause_kind', 'cause_id'])


def downgrade() -> None:
    refuse_to_lose(["held_badge"])
    op.drop_table('held_badge')
