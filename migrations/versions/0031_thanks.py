"""Thanks from one person to another."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'thanks',
        sa.Column('from_id', sa.String(length=26), nullable=False),
        sa.Column('to_id', sa.String(length=26), nullable=False),
        sa.Column('text', sa.String(length=280), nullable=False),
        sa.Column('is_public', sa.Boolean(), nullable=False),
        sa.Column('as_staff', sa.Boolean(), nullable=False),
        sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('hidden_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('seen_by_staff', sa.Boolean(), nullable=False),
        sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('removed_why', sa.String(length=300), nullable=False),
        sa.Column('removed_by_id', sa.String(length=26), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('from_id <> to_id', name=op.f('ck_thanks_nobody_thanks_themselves')),
        sa.CheckConstraint("(removed_at IS NULL) = (removed_why = '')", name=op.f('ck_thanks_removed_with_reason')),
        sa.CheckConstraint(
            'seen_by_staff OR (NOT is_public AND reported_at IS NULL)',
            name=op.f('ck_thanks_staff_see_public_and_reported'),
        ),
        sa.ForeignKeyConstraint(
            ['from_id'], ['person.id'], name=op.f('fk_thanks_from_id_person'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['to_id'], ['person.id'], name=op.f('fk_thanks_to_id_person'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['removed_by_id'], ['person.id'], name=op.f('fk_thanks_removed_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_thanks')),
    )
    for name, columns, condition in (
        ('ix_thanks_wall', ['given_at', 'id'], 'is_public AND hidden_at IS NULL AND removed_at IS NULL'),
        ('ix_thanks_staff', ['given_at', 'id'], 'seen_by_staff'),
        ('ix_thanks_waiting', ['reported_at'],
         'reported_at IS NOT NULL AND answered_at IS NULL AND removed_at IS NULL'),
        ('ix_thanks_removed_by_id', ['removed_by_id'], 'removed_by_id IS NOT NULL'),
    ):  # fmt: skip
        where = sa.text(condition)
        op.create_index(name, 'thanks', columns, sqlite_where=where, postgresql_where=where)
    op.create_index('ix_thanks_to', 'thanks', ['to_id', 'given_at', 'id'])
    op.create_index('ix_thanks_from', 'thanks', ['from_id', 'given_at', 'id'])


def downgrade() -> None:
    refuse_to_lose(["thanks"])
    op.drop_table('thanks')
