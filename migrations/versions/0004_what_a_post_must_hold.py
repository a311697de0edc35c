"""What a mission may ask of a post besides link and tag: words, mentions, language, pictures, and of its account.

What was there before asks for none of it.
"""

from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


NEW_COLUMNS = {
    "required_words": "JSON DEFAULT '[]' NOT NULL",
    "required_mentions": "JSON DEFAULT '[]' NOT NULL",
    "language": "VARCHAR(8) DEFAULT '' NOT NULL",
    "media": """VARCHAR(8) DEFAULT '' NOT NULL
        CONSTRAINT ck_mission_media_known CHECK (media IN ('', 'image', 'video', 'either'))""",
    "original_work": "BOOLEAN DEFAULT false NOT NULL",
    "posted_from": """VARCHAR(8) DEFAULT 'claim' NOT NULL
        CONSTRAINT ck_mission_posted_from_known CHECK (posted_from IN ('claim', 'opening'))""",
    "handle_days_min": "INTEGER DEFAULT 0 NOT NULL",
    "followers_min": """INTEGER DEFAULT 0 NOT NULL
        CONSTRAINT ck_mission_floors_not_negative CHECK (handle_days_min >= 0 AND followers_min >= 0)""",
}


SAYS_SOMETHING = (
    "CAST(required_words AS TEXT) <> '[]' OR CAST(required_mentions AS TEXT) <> '[]' OR language <> '' OR media <> ''"
    " OR original_work OR posted_from <> 'claim' OR handle_days_min > 0 OR followers_min > 0"
)


def upgrade() -> None:
    for name, definition in NEW_COLUMNS.items():
        op.execute(f"ALTER TABLE mission ADD COLUMN {name} {definition}")


def downgrade() -> None:
    refuse_to_lose(["mission"], where=SAYS_SOMETHING)
    for name in reversed(NEW_COLUMNS):
        op.execute(f"ALTER TABLE mission DROP COLUMN {name}")
