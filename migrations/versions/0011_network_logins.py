"""Logins that fans lend us, and whose public posts may be counted.

Going back refuses while there are any: a key that is dropped here would go on holding at its network.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

NEW_TABLES = ['counting_permission', 'network_login']


def upgrade() -> None:
    op.create_table(
        'network_login',
        sa.Column('handle_id', sa.String(length=26), nullable=False),
        sa.Column('network', sa.String(length=32), nullable=False),
        sa.Column('part', sa.String(length=26), nullable=False),
        sa.Column('scope', sa.String(length=255), nullable=False),
        sa.Column('sealed_access', sa.Text(), nullable=False),
        sa.Column('sealed_refresh', sa.Text(), nullable=False),
        sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('renewed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lapses_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('renewing_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('trouble', sa.String(length=32), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('length(sealed_access) > 0', name=op.f('ck_network_login_has_access')),
        sa.ForeignKeyConstraint(['handle_id'], ['handle.id'], name=op.f('fk_network_login_handle_id_handle'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_network_login')),
        sa.UniqueConstraint('handle_id', name=op.f('uq_network_login_handle_id')),
    )
    op.create_table(
        'counting_permission',
        sa.Column('handle_id', sa.String(length=26), nullable=False),
        sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('withdrawn_at IS NULL OR withdrawn_at >= granted_at', name=op.f('ck_counting_permission_withdrawn_after_granted')),
        sa.ForeignKeyConstraint(['handle_id'], ['handle.id'], name=op.f('fk_counting_permission_handle_id_handle'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_counting_permission')),
    )
    op.create_index(op.f('ix_counting_permission_handle_id'), 'counting_permission', ['handle_id'])
    op.create_index(
        'one_counting_permission_in_force', 'counting_permission', ['handle_id'], unique=True,
        sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'),
    )


def downgrade() -> None:
    refuse_to_lose(NEW_TABLES)
    for table in NEW_TABLES:
        op.drop_table(table)
