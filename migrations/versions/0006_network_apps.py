"""This portal's registrations at servers that people sign in with.

Going back loses them without harm: each server is asked again when somebody next names it.
"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'network_app',
        sa.Column('network', sa.String(length=32), nullable=False),
        sa.Column('origin', sa.String(length=261), nullable=False),
        sa.Column('public_url', sa.String(length=261), nullable=False),
        sa.Column('client_id', sa.String(length=255), nullable=False),
        sa.Column('sealed_secret', sa.Text(), nullable=False),
        sa.Column('profile_scope', sa.String(length=64), nullable=False),
        sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_network_app')),
        sa.UniqueConstraint('network', 'origin', 'public_url', name=op.f('uq_network_app_network_origin_public_url')),
    )


def downgrade() -> None:
    op.drop_table('network_app')
