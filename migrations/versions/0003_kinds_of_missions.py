"""What each kind of mission asks for and what is handed in for it: every kind has its form and its evidence.

What was there before stays as it was: missions accept original posts, and each share is a post with its address.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import WouldLoseData, refuse_to_lose


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


NEW_COLUMNS = {
    "mission": {
        "accepts": """JSON DEFAULT '["original"]' NOT NULL
            CONSTRAINT ck_mission_accepts_something CHECK (CAST(accepts AS TEXT) <> '[]')""",
        "brand_posts": "JSON DEFAULT '[]' NOT NULL",
        "conversations": "JSON DEFAULT '[]' NOT NULL",
        "takes_files": "BOOLEAN DEFAULT false NOT NULL",
        "use_purpose": "VARCHAR(300) DEFAULT '' NOT NULL",
        "use_months": "INTEGER DEFAULT 12 NOT NULL CONSTRAINT ck_mission_use_has_end CHECK (use_months > 0)",
        "newcomer_points": """INTEGER DEFAULT 0 NOT NULL
            CONSTRAINT ck_mission_newcomer_points_not_negative CHECK (newcomer_points >= 0)""",
    },
    "share": {
        "form": """VARCHAR(16) DEFAULT 'post' NOT NULL
            CONSTRAINT ck_share_form_known
                CHECK (form IN ('post', 'comment', 'files', 'report', 'answers', 'newcomer'))
            CONSTRAINT ck_share_post_has_address CHECK ((form IN ('post', 'comment')) = (url <> ''))""",
    },
}
"""Added with their checks as both databases write it: batch mode would copy the tables and lose the checks they have."""

NEW_TABLES = [
    "newcomer", "given_answer", "told_comment", "event_report", "use_permission", "handed_picture", "invitation",
    "mission_question",
]  # fmt: skip


SAYS_SOMETHING = (
    """CAST(accepts AS TEXT) <> '["original"]' OR CAST(brand_posts AS TEXT) <> '[]'"""
    " OR CAST(conversations AS TEXT) <> '[]' OR takes_files OR use_purpose <> '' OR newcomer_points > 0"
)


def upgrade() -> None:
    for table, columns in NEW_COLUMNS.items():
        for name, definition in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {definition}")
    op.create_table(
        "mission_question",
        _id("id"),
        _id("mission_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('text', 'choice', 'scale')", name=op.f("ck_mission_question_kind_known")),
        sa.CheckConstraint(
            "(kind = 'choice') = (CAST(choices AS TEXT) <> '[]')", name=op.f("ck_mission_question_choice_has_choices")
        ),
        _refers("mission_question", "mission_id", "mission", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mission_question")),
    )
    op.create_index(op.f("ix_mission_question_mission_id"), "mission_question", ["mission_id"])
    op.create_table(
        "invitation",
        _id("id"),
        _id("claim_id"),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _refers("invitation", "claim_id", "claim"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_invitation_claim_id")),
        sa.UniqueConstraint("code", name=op.f("uq_invitation_code")),
    )
    op.create_table(
        "handed_picture",
        _id("id"),
        _id("claim_id"),
        _id("share_id", nullable=True),
        _id("person_id"),
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("thumbnail", sa.String(length=120), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("width_pixels", sa.Integer(), nullable=False),
        sa.Column("height_pixels", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("likeness", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("use IN ('work', 'report', 'evidence')", name=op.f("ck_handed_picture_use_known")),
        _refers("handed_picture", "claim_id", "claim"),
        _refers("handed_picture", "share_id", "share"),
        _refers("handed_picture", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed_picture")),
    )
    for column in ("claim_id", "share_id", "person_id", "digest"):
        op.create_index(op.f(f"ix_handed_picture_{column}"), "handed_picture", [column])
    op.create_table(
        "use_permission",
        _id("share_id"),
        _id("person_id"),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > given_at", name=op.f("ck_use_permission_ends_after_it_began")),
        _refers("use_permission", "share_id", "share", ondelete="CASCADE"),
        _refers("use_permission", "person_id", "person"),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_use_permission")),
    )
    op.create_table(
        "event_report",
        _id("share_id"),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("people_count", sa.Integer(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("shown_agreed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("people_count > 0", name=op.f("ck_event_report_somebody_came")),
        _refers("event_report", "share_id", "share", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_event_report")),
    )
    op.create_table(
        "told_comment",
        _id("share_id"),
        sa.Column("text", sa.Text(), nullable=False),
        _refers("told_comment", "share_id", "share", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_told_comment")),
    )
    op.create_table(
        "given_answer",
        _id("id"),
        _id("share_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("asked", sa.String(length=300), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        _refers("given_answer", "share_id", "share", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_answer")),
    )
    op.create_index("one_answer_per_question", "given_answer", ["share_id", "position"], unique=True)
    op.create_table(
        "newcomer",
        _id("person_id"),
        _id("invitation_id"),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doubt", sa.String(length=32), nullable=False),
        _id("share_id", nullable=True),
        _refers("newcomer", "person_id", "person", ondelete="CASCADE"),
        _refers("newcomer", "invitation_id", "invitation"),
        _refers("newcomer", "share_id", "share"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_newcomer")),
        sa.UniqueConstraint("share_id", name=op.f("uq_newcomer_share_id")),
    )
    op.create_index(op.f("ix_newcomer_invitation_id"), "newcomer", ["invitation_id"])


def downgrade() -> None:
    refuse_to_lose(NEW_TABLES)
    refuse_to_lose(["mission"], where=SAYS_SOMETHING)
    _refuse_to_lose_shares()
    for table in NEW_TABLES:
        op.drop_table(table)
    for table, columns in NEW_COLUMNS.items():
        for name in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")


def _refuse_to_lose_shares() -> None:
    """Shares that are no posts have no address to go on with. Raises WouldLoseData."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM share WHERE form NOT IN ('post', 'comment') LIMIT 1")).first():
        raise WouldLoseData("share")


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=26), nullable=nullable)


def _refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)
