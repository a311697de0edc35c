"""How visitors of a link came: per visitor while they are known, in figures for good."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

NEW_COLUMNS = {
    "connection": "VARCHAR(16) DEFAULT '' NOT NULL",
    "minute": "INTEGER DEFAULT 0 NOT NULL",
    "unlike_a_person": "BOOLEAN DEFAULT false NOT NULL",
}
FIGURES = ("visitors", "own", "unlike_people", "connection_most", "on_many_links", "burst_most")


def upgrade() -> None:
    for name, definition in NEW_COLUMNS.items():
        op.execute(f"ALTER TABLE visitor_day ADD COLUMN {name} {definition}")
    op.create_index('ix_visitor_day_visitor', 'visitor_day', ['day', 'visitor'])
    op.create_table(
        'own_visitor',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('visitor', sa.String(length=32), nullable=False),
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_own_visitor_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('day', 'visitor', 'person_id', name=op.f('pk_own_visitor')),
    )
    op.create_table(
        'click_pattern',
        sa.Column('link_id', sa.String(length=26), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('clicks_seen', sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in FIGURES),
        sa.ForeignKeyConstraint(
            ['link_id'], ['tracked_link.id'], name=op.f('fk_click_pattern_link_id_tracked_link'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('link_id', 'day', name=op.f('pk_click_pattern')),
    )


def downgrade() -> None:
    refuse_to_lose(["click_pattern"])
    op.drop_table('click_pattern')
    op.drop_table('own_visitor')
    op.drop_index('ix_visitor_day_visitor', table_name='visitor_day')
    for name in NEW_COLUMNS:
        op.execute(f"ALTER TABLE visitor_day DROP COLUMN {name}")
