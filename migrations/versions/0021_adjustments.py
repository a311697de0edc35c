"""Adjustments of somebody's points by hand, above a limit agreed to by a second person."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'points_adjustment',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('points', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('needs_second', sa.Boolean(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('requested_by_id', sa.String(length=26), nullable=False),
        sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('decided_by_id', sa.String(length=26), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('transaction_id', sa.String(length=26), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint("state IN ('requested', 'booked', 'refused')", name=op.f('ck_points_adjustment_state_known')),
        sa.CheckConstraint('points <> 0', name=op.f('ck_points_adjustment_moves_something')),
        sa.CheckConstraint(
            "(state = 'booked') = (transaction_id IS NOT NULL)", name=op.f('ck_points_adjustment_booked_has_movement')
        ),
        sa.CheckConstraint(
            "(state = 'requested') = (decided_by_id IS NULL)", name=op.f('ck_points_adjustment_decided_by_somebody')
        ),
        sa.CheckConstraint('requested_by_id <> person_id', name=op.f('ck_points_adjustment_never_ones_own')),
        sa.CheckConstraint(
            "state <> 'booked' OR decided_by_id <> person_id",
            name=op.f('ck_points_adjustment_never_agreed_by_its_person'),
        ),
        sa.CheckConstraint(
            "state <> 'booked' OR NOT needs_second OR decided_by_id <> requested_by_id",
            name=op.f('ck_points_adjustment_two_people'),
        ),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_points_adjustment_person_id_person')),
        sa.ForeignKeyConstraint(
            ['requested_by_id'], ['person.id'], name=op.f('fk_points_adjustment_requested_by_id_person')
        ),
        sa.ForeignKeyConstraint(
            ['decided_by_id'], ['person.id'], name=op.f('fk_points_adjustment_decided_by_id_person')
        ),
        sa.ForeignKeyConstraint(
            ['transaction_id'], ['ledger_transaction.id'],
            name=op.f('fk_points_adjustment_transaction_id_ledger_transaction'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_points_adjustment')),
        sa.UniqueConstraint('transaction_id', name=op.f('uq_points_adjustment_transaction_id')),
    )
    op.create_index('ix_points_adjustment_person_id', 'points_adjustment', ['person_id'])
    op.create_index(
        'ix_points_adjustment_waiting', 'points_adjustment', ['requested_at'],
        sqlite_where=sa.text("state = 'requested'"), postgresql_where=sa.text("state = 'requested'"),
    )


def downgrade() -> None:
    refuse_to_lose(["points_adjustment"])
    op.drop_table('points_adjustment')
