"""Dealing leagues goes along last month's effect, and remembers how far it came."""

import sqlalchemy as sa
from alembic import op


revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_effect_month_pace', 'effect_month', ['month', 'effect', 'person_id'])
    op.add_column('league_month', sa.Column('pace_after', sa.Integer(), nullable=True))
    op.add_column('league_month', sa.Column('person_after', sa.String(length=26), nullable=True))


def downgrade() -> None:
    op.drop_column('league_month', 'person_after')
    op.drop_column('league_month', 'pace_after')
    op.drop_index('ix_effect_month_pace', table_name='effect_month')
