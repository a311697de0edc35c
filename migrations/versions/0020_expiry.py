"""The programme's rules for points, and how often the owner of a lot was told that it expires."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

TOLD = "INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_points_lot_told_at_most_twice CHECK (warned BETWEEN 0 AND 2)"


def upgrade() -> None:
    op.create_table(
        'points_rules',
        sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('expiry_kind', sa.String(length=16), nullable=False),
        sa.Column('expiry_months', sa.Integer(), nullable=False),
        sa.Column('fixed_month', sa.Integer(), nullable=False),
        sa.Column('fixed_day', sa.Integer(), nullable=False),
        sa.Column('alone_max', sa.Integer(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('saved_by_id', sa.String(length=26), nullable=True),
        sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "expiry_kind IN ('none', 'rolling', 'fixed')", name=op.f('ck_points_rules_expiry_kind_known')
        ),
        sa.CheckConstraint('version > 0', name=op.f('ck_points_rules_version_counts')),
        sa.CheckConstraint('expiry_months BETWEEN 0 AND 120', name=op.f('ck_points_rules_months_in_range')),
        sa.CheckConstraint(
            "expiry_kind <> 'rolling' OR expiry_months > 0", name=op.f('ck_points_rules_rolling_lasts')
        ),
        sa.CheckConstraint(
            'fixed_month BETWEEN 1 AND 12 AND fixed_day BETWEEN 1 AND 31', name=op.f('ck_points_rules_fixed_is_a_day')
        ),
        sa.CheckConstraint('alone_max >= 0', name=op.f('ck_points_rules_limit_not_negative')),
        sa.ForeignKeyConstraint(['saved_by_id'], ['person.id'], name=op.f('fk_points_rules_saved_by_id_person')),
        sa.PrimaryKeyConstraint('version', name=op.f('pk_points_rules')),
    )
    op.execute(f"ALTER TABLE points_lot ADD COLUMN warned {TOLD}")


def downgrade() -> None:
    refuse_to_lose(["points_rules"])
    op.execute("ALTER TABLE points_lot DROP COLUMN warned")
    op.drop_table('points_rules')
