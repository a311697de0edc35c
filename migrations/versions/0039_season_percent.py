"""What a season's missions pay, in percent of what they say, and what each claim was promised of it."""

from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

COLUMNS = {
    "campaign": {
        "points_percent": """INTEGER DEFAULT 100 NOT NULL
            CONSTRAINT ck_campaign_percent_never_less CHECK (points_percent BETWEEN 100 AND 300)"""
    },
    "claim": {
        "season_extra": """INTEGER DEFAULT 0 NOT NULL
            CONSTRAINT ck_claim_season_within_reserved
            CHECK (season_extra >= 0 AND season_extra <= points_reserved)""",
        "bonus_percent": """INTEGER DEFAULT 100 NOT NULL
            CONSTRAINT ck_claim_bonus_never_less CHECK (bonus_percent >= 100)""",
    },
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, definition in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {definition}")


def downgrade() -> None:
    refuse_to_lose(["campaign"], where="points_percent <> 100")
    refuse_to_lose(["claim"], where="season_extra > 0 OR bonus_percent <> 100")
    for table, columns in COLUMNS.items():
        for name in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
