"""The audience guard: limits of staff and persons, topics, missions passed by, ratings of content."""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW_TABLES = ["content_rating", "mission_pass", "audience_choice", "audience_limit"]


def upgrade() -> None:
    op.execute("ALTER TABLE mission ADD COLUMN topics JSON DEFAULT '[]' NOT NULL")
    op.create_table(
        "audience_limit",
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("week_max", sa.Integer(), nullable=False),
        sa.Column("month_max", sa.Integer(), nullable=False),
        sa.Column("gap_hours", sa.Integer(), nullable=False),
        _id("changed_by_id"),
        _moment("changed_at"),
        sa.CheckConstraint("scope = 'everybody'", name=op.f("ck_audience_limit_one_for_all")),
        sa.CheckConstraint(
            "week_max > 0 AND month_max >= week_max AND gap_hours >= 0",
            name=op.f("ck_audience_limit_limits_make_sense"),
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["person.id"], name=op.f("fk_audience_limit_changed_by_id_person")),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_audience_limit")),
    )
    op.create_table(
        "audience_choice",
        _id("person_id"),
        sa.Column("week_max", sa.Integer(), nullable=True),
        sa.Column("month_max", sa.Integer(), nullable=True),
        sa.Column("gap_hours", sa.Integer(), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=False),
        _moment("changed_at"),
        sa.CheckConstraint("week_max IS NULL OR week_max > 0", name=op.f("ck_audience_choice_week_makes_sense")),
        sa.CheckConstraint("month_max IS NULL OR month_max > 0", name=op.f("ck_audience_choice_month_makes_sense")),
        sa.CheckConstraint("gap_hours IS NULL OR gap_hours >= 0", name=op.f("ck_audience_choice_gap_makes_sense")),
        _goes_with("audience_choice", "person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_audience_choice")),
    )
    op.create_table(
        "mission_pass",
        _id("person_id"),
        _id("mission_id"),
        sa.Column("why", sa.String(length=24), nullable=True),
        _moment("passed_at"),
        sa.CheckConstraint(
            "why IN ('not_my_topic', 'not_my_followers', 'not_my_style', 'too_much_work', 'too_often')",
            name=op.f("ck_mission_pass_why_known"),
        ),
        _goes_with("mission_pass", "person"),
        _goes_with("mission_pass", "mission"),
        sa.PrimaryKeyConstraint("person_id", "mission_id", name=op.f("pk_mission_pass")),
    )
    op.create_index("ix_mission_pass_mission", "mission_pass", ["mission_id", "why"])
    op.create_table(
        "content_rating",
        _id("claim_id"),
        _id("mission_id"),
        sa.Column("answer", sa.String(length=8), nullable=False),
        _moment("said_at"),
        sa.CheckConstraint("answer IN ('yes', 'unsure', 'no')", name=op.f("ck_content_rating_answer_known")),
        _goes_with("content_rating", "claim"),
        _goes_with("content_rating", "mission"),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_content_rating")),
    )
    op.create_index("ix_content_rating_mission", "content_rating", ["mission_id", "answer"])


def downgrade() -> None:
    refuse_to_lose(NEW_TABLES)
    refuse_to_lose(["mission"], where="CAST(topics AS TEXT) <> '[]'")
    for table in NEW_TABLES:
        op.drop_table(table)
    op.execute("ALTER TABLE mission DROP COLUMN topics")


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=26), nullable=False)


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _goes_with(table: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{to}_id"], [f"{to}.id"], name=op.f(f"fk_{table}_{to}_id_{to}"), ondelete="CASCADE"
    )
