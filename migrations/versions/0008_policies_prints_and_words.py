"""What verdicts are given by: policies with their versions, prints of posts, words to watch for, forbidden claims.

Verdicts from before have no row: nobody wrote down then by which rules they were given.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


NEW_TABLES = ["share_verdict", "verdict_policy", "watched_word", "print_band", "picture_print", "text_print"]


def upgrade() -> None:
    op.execute("ALTER TABLE guideline_version ADD COLUMN forbidden_claims JSON DEFAULT '[]' NOT NULL")
    op.create_table(
        "text_print",
        _id("share_id"),
        sa.Column("sketch", sa.JSON(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        _refers("text_print", "share_id", "share", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_text_print")),
    )
    op.create_table(
        "picture_print",
        _id("share_id"),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("likeness", sa.String(length=32), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        _refers("picture_print", "share_id", "share", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("share_id", "place", name=op.f("pk_picture_print")),
    )
    op.create_table(
        "print_band",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("band", sa.String(length=32), nullable=False),
        _id("share_id"),
        sa.CheckConstraint("kind IN ('text', 'picture')", name=op.f("ck_print_band_kind_known")),
        _refers("print_band", "share_id", "share", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "band", "share_id", name=op.f("pk_print_band")),
    )
    op.create_index(op.f("ix_print_band_share_id"), "print_band", ["share_id"])
    op.create_table(
        "watched_word",
        sa.Column("phrase", sa.String(length=120), nullable=False),
        sa.Column("phrase_plain", sa.String(length=240), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        _id("added_by_id", nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        _id("id"),
        sa.CheckConstraint("severity IN ('serious', 'doubtful')", name=op.f("ck_watched_word_severity_known")),
        sa.CheckConstraint("phrase_plain <> ''", name=op.f("ck_watched_word_says_something")),
        _refers("watched_word", "added_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_word")),
    )
    in_force = sa.text("retired_at IS NULL")
    op.create_index(
        "a_word_is_watched_once",
        "watched_word",
        ["phrase_plain"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_table(
        "verdict_policy",
        sa.Column("scope", sa.String(length=26), nullable=False),
        _id("mission_id", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("first_reviewed", sa.Integer(), nullable=False),
        sa.Column("trusted_after", sa.Integer(), nullable=False),
        sa.Column("review_others", sa.Boolean(), nullable=False),
        sa.Column("sample_percent", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        _id("saved_by_id", nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        _id("id"),
        sa.CheckConstraint("scope = COALESCE(mission_id, 'all')", name=op.f("ck_verdict_policy_scope_is_mission")),
        sa.CheckConstraint("version > 0", name=op.f("ck_verdict_policy_version_counts")),
        sa.CheckConstraint("first_reviewed >= 0 AND trusted_after > 0", name=op.f("ck_verdict_policy_records_count")),
        sa.CheckConstraint("sample_percent BETWEEN 0 AND 100", name=op.f("ck_verdict_policy_sample_is_share")),
        _refers("verdict_policy", "mission_id", "mission"),
        _refers("verdict_policy", "saved_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_policy")),
        sa.UniqueConstraint("scope", "version", name=op.f("uq_verdict_policy_scope_version")),
    )
    op.create_table(
        "share_verdict",
        _id("share_id"),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=False),
        _id("policy_id", nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("because", sa.String(length=16), nullable=False),
        sa.Column("verified_before", sa.Integer(), nullable=False),
        sa.Column("sample_percent", sa.Integer(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=True),
        _id("id"),
        sa.CheckConstraint(
            "answer IN ('verify', 'ask_fix', 'ask_person', 'decline', 'try_again')",
            name=op.f("ck_share_verdict_answer_known"),
        ),
        sa.CheckConstraint(
            "because IN ('checks', 'newcomer', 'no_record', 'sampled')", name=op.f("ck_share_verdict_because_known")
        ),
        sa.CheckConstraint(
            "because = 'checks' OR answer = 'verify'", name=op.f("ck_share_verdict_second_look_at_what_passed")
        ),
        sa.CheckConstraint(
            "because <> 'sampled' OR (draw IS NOT NULL AND draw < sample_percent * 100)",
            name=op.f("ck_share_verdict_sampled_by_its_draw"),
        ),
        _refers("share_verdict", "share_id", "share", ondelete="CASCADE"),
        _refers("share_verdict", "policy_id", "verdict_policy"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_verdict")),
        sa.UniqueConstraint("share_id", "round", name=op.f("uq_share_verdict_share_id_round")),
    )
    op.create_index(op.f("ix_share_verdict_policy_id"), "share_verdict", ["policy_id"])
    op.create_index("ix_share_verdict_because", "share_verdict", ["because", "at"])


def downgrade() -> None:
    refuse_to_lose(NEW_TABLES)
    refuse_to_lose(["guideline_version"], where="CAST(forbidden_claims AS TEXT) <> '[]'")
    for table in NEW_TABLES:
        op.drop_table(table)
    op.execute("ALTER TABLE guideline_version DROP COLUMN forbidden_claims")


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=26), nullable=nullable)


def _refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)
