"""How many public posts an account makes, where its owner lets them be counted."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'public_pace',
        sa.Column('handle_id', sa.String(length=26), nullable=False),
        sa.Column('posts_28d', sa.Integer(), nullable=False),
        sa.Column('is_at_least', sa.Boolean(), nullable=False),
        sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('posts_28d >= 0', name=op.f('ck_public_pace_posts_not_negative')),
        sa.ForeignKeyConstraint(
            ['handle_id'], ['handle.id'], name=op.f('fk_public_pace_handle_id_handle'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('handle_id', name=op.f('pk_public_pace')),
    )


def downgrade() -> None:
    refuse_to_lose(["public_pace"])
    op.drop_table('public_pace')
