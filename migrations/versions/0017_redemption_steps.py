"""Redemptions go through steps: who, why and when; payments are awaited until a moment; some rewards never run out."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'redemption_step',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('from_state', sa.String(length=24), nullable=True),
        sa.Column('to_state', sa.String(length=24), nullable=False),
        sa.Column('actor_id', sa.String(length=26), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('code', sa.String(length=64), nullable=False),
        sa.Column('message', sa.Text(), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_redemption_step_actor_id_person')),
        sa.ForeignKeyConstraint(
            ['redemption_id'], ['redemption.id'], name=op.f('fk_redemption_step_redemption_id_redemption'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_redemption_step')),
    )
    op.create_index(op.f('ix_redemption_step_redemption_id'), 'redemption_step', ['redemption_id'])
    moment = sa.DateTime(timezone=True).compile(op.get_bind().dialect)
    op.execute("ALTER TABLE reward ADD COLUMN is_unlimited BOOLEAN DEFAULT FALSE NOT NULL")
    op.execute(
        f"ALTER TABLE redemption ADD COLUMN awaits_until {moment} CONSTRAINT ck_redemption_awaits_until_a_moment "
        "CHECK ((state = 'awaiting_payment') = (awaits_until IS NOT NULL))"
    )
    # What was redeemed before has the two steps that are known of it: its own id makes theirs.
    op.execute(
        "INSERT INTO redemption_step (id, redemption_id, from_state, to_state, actor_id, at, code, message)"
        " SELECT id, id, NULL, 'reserved', person_id, reserved_at, '', '' FROM redemption"
    )
    op.execute(
        "INSERT INTO redemption_step (id, redemption_id, from_state, to_state, actor_id, at, code, message)"
        " SELECT '1' || substr(id, 2), id, 'reserved', state, NULL, state_changed_at, '', reason"
        " FROM redemption WHERE state <> 'reserved'"
    )


def downgrade() -> None:
    refuse_to_lose(['redemption_step'])
    refuse_to_lose(['reward'], where='is_unlimited')
    op.execute("ALTER TABLE redemption DROP COLUMN awaits_until")
    op.execute("ALTER TABLE reward DROP COLUMN is_unlimited")
    op.drop_table('redemption_step')
