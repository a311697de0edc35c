"""What people say is wrong with something they redeemed, and what staff answered."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

OPEN = "state = 'open'"


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        'redemption_problem',
        sa.Column('redemption_id', sa.String(length=26), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('decided_by_id', sa.String(length=26), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'replaced', 'refunded', 'refused')", name=op.f('ck_redemption_problem_state_known')
        ),
        sa.CheckConstraint(
            "(state = 'open') = (decided_by_id IS NULL)", name=op.f('ck_redemption_problem_decided_by_somebody')
        ),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f('ck_redemption_problem_decided_at_a_moment')
        ),
        sa.ForeignKeyConstraint(
            ['redemption_id'], ['redemption.id'], name=op.f('fk_redemption_problem_redemption_id_redemption')
        ),
        sa.ForeignKeyConstraint(
            ['decided_by_id'], ['person.id'], name=op.f('fk_redemption_problem_decided_by_id_person')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_redemption_problem')),
    )
    op.create_index(op.f('ix_redemption_problem_redemption_id'), 'redemption_problem', ['redemption_id'])
    op.create_index('one_open_problem', 'redemption_problem', ['redemption_id'], unique=True, **_where(OPEN))
    op.create_index('ix_redemption_problem_open', 'redemption_problem', ['opened_at', 'id'], **_where(OPEN))


def downgrade() -> None:
    refuse_to_lose(['redemption_problem'])
    op.drop_table('redemption_problem')
