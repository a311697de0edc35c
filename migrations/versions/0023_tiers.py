"""Tiers: what staff set, what was earned on each day, where people stand; whom a mission is for, what a tier adds.

What was earned before is counted from the ledger's own movements. Going back refuses while tiers are set, or a claim
was promised something for one; days of points are dropped, since the same count makes them again.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


EARNED = """
INSERT INTO points_day (person_id, day, points)
SELECT person_id, day, SUM(points) FROM (
    SELECT award.person_id AS person_id, {day} AS day,
        CASE WHEN made.kind = 'award' THEN award.points_now ELSE award.points_held END AS points
    FROM award JOIN ledger_transaction AS made
        ON made.cause_kind = award.cause_kind AND made.cause_id = award.cause_id
        AND made.key = award.cause_kind || '/' || award.cause_id || ':' || made.kind || ':' || award.round
    WHERE award.state <> 'revoked' AND made.kind IN ('award', 'settle')
) AS parts WHERE points > 0 GROUP BY person_id, day
"""
DAYS = {"sqlite": "date(made.posted_at)", "postgresql": "(made.posted_at AT TIME ZONE 'UTC')::date"}
MISSION = "INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_mission_tier_not_negative CHECK (lowest_tier >= 0)"
CLAIM = """INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_claim_extra_within_reserved
    CHECK (tier_extra >= 0 AND tier_extra <= points_reserved)"""


def upgrade() -> None:
    op.create_table(
        'tier_plan',
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('window_months', sa.Integer(), nullable=False),
        sa.Column('grace_days', sa.Integer(), nullable=False),
        sa.Column('levels', sa.JSON(), nullable=False),
        sa.Column('why', sa.String(length=300), nullable=False),
        sa.Column('set_by_id', sa.String(length=26), nullable=True),
        sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint('window_months BETWEEN 1 AND 36', name=op.f('ck_tier_plan_window_makes_sense')),
        sa.CheckConstraint('grace_days BETWEEN 0 AND 366', name=op.f('ck_tier_plan_grace_makes_sense')),
        sa.ForeignKeyConstraint(['set_by_id'], ['person.id'], name=op.f('fk_tier_plan_set_by_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_plan')),
        sa.UniqueConstraint('number', name=op.f('uq_tier_plan_number')),
    )
    op.create_table(
        'points_day',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('points', sa.Integer(), nullable=False),
        sa.CheckConstraint('points >= 0', name=op.f('ck_points_day_earned_not_negative')),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_points_day_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('person_id', 'day', name=op.f('pk_points_day')),
    )
    op.create_table(
        'tier_standing',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('rank', sa.Integer(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('points', sa.Integer(), nullable=False),
        sa.Column('sure_until', sa.Date(), nullable=True),
        sa.Column('drops_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('"rank" >= 0', name=op.f('ck_tier_standing_rank_not_negative')),
        sa.CheckConstraint('drops_at IS NULL OR due_at IS NOT NULL', name=op.f('ck_tier_standing_grace_is_ended')),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_tier_standing_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_tier_standing')),
    )
    op.create_index('ix_tier_standing_due', 'tier_standing', ['due_at'])
    op.create_table(
        'tier_change',
        sa.Column('person_id', sa.String(length=26), nullable=False),
        sa.Column('move', sa.String(length=16), nullable=False),
        sa.Column('from_rank', sa.Integer(), nullable=False),
        sa.Column('to_rank', sa.Integer(), nullable=False),
        sa.Column('points', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.CheckConstraint(
            "move IN ('raised', 'warned', 'kept', 'eased')", name=op.f('ck_tier_change_move_known')
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_tier_change_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_change')),
    )
    op.create_index('ix_tier_change_person', 'tier_change', ['person_id', 'at'])
    op.execute(f"ALTER TABLE mission ADD COLUMN lowest_tier {MISSION}")
    op.execute(f"ALTER TABLE claim ADD COLUMN tier_extra {CLAIM}")
    op.execute(EARNED.format(day=DAYS[op.get_bind().dialect.name]))


def downgrade() -> None:
    refuse_to_lose(["tier_plan"])
    refuse_to_lose(["claim"], where="tier_extra > 0")
    refuse_to_lose(["mission"], where="lowest_tier > 0")
    op.execute("ALTER TABLE claim DROP COLUMN tier_extra")
    op.execute("ALTER TABLE mission DROP COLUMN lowest_tier")
    for table in ("tier_change", "tier_standing", "points_day", "tier_plan"):
        op.drop_table(table)
