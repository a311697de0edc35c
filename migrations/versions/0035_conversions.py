"""Conversions that the brand's shop tells, and a bonus for them.

SQLite changes no CHECK of a column that is there: the four columns of the bonus are made anew and filled again, on both
databases alike. Going back, conversions are refused to be lost, and so are missions that pay for them.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BEFORE = """CONSTRAINT ck_mission_bonus_measure_known
        CHECK (bonus_measure IN ('', 'visitors', 'likes', 'comments', 'reactions'))
        CONSTRAINT ck_mission_bonus_visitors_have_link CHECK (bonus_measure <> 'visitors' OR link_target <> '')"""
AFTER = """CONSTRAINT ck_mission_bonus_measure_known
        CHECK (bonus_measure IN ('', 'visitors', 'conversions', 'likes', 'comments', 'reactions'))
        CONSTRAINT ck_mission_bonus_has_link
        CHECK (bonus_measure NOT IN ('visitors', 'conversions') OR link_target <> '')"""
NUMBERS = {
    "bonus_points": "INTEGER DEFAULT 0 NOT NULL",
    "bonus_step": "INTEGER DEFAULT 0 NOT NULL",
    "bonus_cap": """INTEGER DEFAULT 0 NOT NULL
        CONSTRAINT ck_mission_bonus_is_whole
        CHECK ((bonus_measure = '' AND bonus_points = 0 AND bonus_step = 0 AND bonus_cap = 0)
            OR (bonus_measure <> '' AND bonus_points > 0 AND bonus_step > 0 AND bonus_cap > 0 AND hold_days > 0
                AND bonus_cap <= bonus_points * 50
                AND bonus_cap / NULLIF(bonus_points, 0) * bonus_points = bonus_cap))""",
}
COLUMNS = ["bonus_measure", *NUMBERS]


def upgrade() -> None:
    op.create_table(
        "conversion",
        sa.Column("link_id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["tracked_link.id"], name=op.f("fk_conversion_link_id_tracked_link"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversion")),
        sa.UniqueConstraint("event_id", name=op.f("uq_conversion_event_id")),
    )
    op.execute("CREATE INDEX ix_conversion_link ON conversion (link_id) WHERE taken_back_at IS NULL")
    _measure_becomes(AFTER)


def downgrade() -> None:
    refuse_to_lose(["conversion"])
    refuse_to_lose(["mission"], where="bonus_measure = 'conversions'")
    op.execute(
        "UPDATE mission SET bonus_measure = '', bonus_points = 0, bonus_step = 0, bonus_cap = 0 "
        "WHERE bonus_measure = 'conversions'"
    )
    _measure_becomes(BEFORE)
    op.execute("DROP TABLE conversion")


def _measure_becomes(checks: str) -> None:
    op.execute(
        f"CREATE TEMPORARY TABLE kept_bonus AS SELECT id, {', '.join(COLUMNS)} FROM mission WHERE bonus_measure <> ''"
    )
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE mission DROP COLUMN {name}")
    op.execute(f"ALTER TABLE mission ADD COLUMN bonus_measure VARCHAR(16) DEFAULT '' NOT NULL {checks}")
    for name, definition in NUMBERS.items():
        op.execute(f"ALTER TABLE mission ADD COLUMN {name} {definition}")
    kept = ", ".join(f"{name} = kept_bonus.{name}" for name in COLUMNS)
    op.execute(f"UPDATE mission SET {kept} FROM kept_bonus WHERE kept_bonus.id = mission.id")
    op.execute("DROP TABLE kept_bonus")
