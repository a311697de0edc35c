"""A bonus of a mission with its cap, and what a claim keeps in reserve for it.

Missions and claims that were there before have none. Going back refuses while a claim counts on one: its points would
stay in reserve for ever.
"""

from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


MISSION = {
    "bonus_measure": """VARCHAR(16) DEFAULT '' NOT NULL
        CONSTRAINT ck_mission_bonus_measure_known
        CHECK (bonus_measure IN ('', 'visitors', 'likes', 'comments', 'reactions'))
        CONSTRAINT ck_mission_bonus_visitors_have_link CHECK (bonus_measure <> 'visitors' OR link_target <> '')""",
    "bonus_points": "INTEGER DEFAULT 0 NOT NULL",
    "bonus_step": "INTEGER DEFAULT 0 NOT NULL",
    "bonus_cap": """INTEGER DEFAULT 0 NOT NULL
        CONSTRAINT ck_mission_bonus_is_whole
        CHECK ((bonus_measure = '' AND bonus_points = 0 AND bonus_step = 0 AND bonus_cap = 0)
            OR (bonus_measure <> '' AND bonus_points > 0 AND bonus_step > 0 AND bonus_cap > 0 AND hold_days > 0
                AND bonus_cap <= bonus_points * 50
                AND bonus_cap / NULLIF(bonus_points, 0) * bonus_points = bonus_cap))""",
}
CLAIM = {
    "bonus_cap": "INTEGER DEFAULT 0 NOT NULL",
    "bonus_left": """INTEGER DEFAULT 0 NOT NULL
        CONSTRAINT ck_claim_bonus_within_cap
        CHECK (bonus_left >= 0 AND bonus_left <= bonus_cap AND bonus_cap <= points_reserved)""",
}
OPEN = "bonus_left > 0 AND state = 'fulfilled'"


def upgrade() -> None:
    for table, columns in (("mission", MISSION), ("claim", CLAIM)):
        for name, definition in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {definition}")
    op.execute(f"CREATE INDEX ix_claim_bonus_open ON claim (id) WHERE {OPEN}")


def downgrade() -> None:
    refuse_to_lose(["claim"], where="bonus_cap > 0")
    op.execute("DROP INDEX ix_claim_bonus_open")
    for table, columns in (("claim", CLAIM), ("mission", MISSION)):
        for name in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
