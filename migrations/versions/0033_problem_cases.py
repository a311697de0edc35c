"""Problems of orders wait in the review queue, each as a case; a problem may be over before anybody answered.

What is open becomes an open case, what was answered a decided one. Going back takes the cases away and keeps the
problems; it refuses while one is over unanswered, which the older tables can't say.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from portal.kernel.base import UtcDateTime, new_id
from portal.kernel.migrating import refuse_to_lose


revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

OPEN = "state = 'open'"
ANSWERED_IN = timedelta(hours=48)

CASE_BEFORE = {"kind_known": "kind IN ('share', 'appeal')", "exactly_one_subject": "share_id IS NOT NULL"}
CASE_AFTER = {
    "kind_known": "kind IN ('share', 'appeal', 'problem')",
    "exactly_one_subject": "(share_id IS NULL) <> (problem_id IS NULL)",
    "subject_of_its_kind": "(kind = 'problem') = (problem_id IS NOT NULL)",
}
PROBLEM_BEFORE = {
    "state_known": "state IN ('open', 'replaced', 'refunded', 'refused')",
    "decided_by_somebody": "(state = 'open') = (decided_by_id IS NULL)",
}
PROBLEM_AFTER = {
    "state_known": "state IN ('open', 'replaced', 'refunded', 'refused', 'over')",
    "decided_by_somebody": "(state IN ('open', 'over')) = (decided_by_id IS NULL)",
}


def _checks(table: str, before: dict[str, str], after: dict[str, str]) -> None:
    """Put the checks `after` in the place of `before`."""
    with op.batch_alter_table(table) as batch:
        for name in before:
            batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        for name, condition in after.items():
            batch.create_check_constraint(op.f(f"ck_{table}_{name}"), condition)


def upgrade() -> None:
    _checks("redemption_problem", PROBLEM_BEFORE, PROBLEM_AFTER)
    with op.batch_alter_table("review_case") as batch:
        batch.add_column(sa.Column("problem_id", sa.String(length=26), nullable=True))
        batch.create_foreign_key(
            op.f("fk_review_case_problem_id_redemption_problem"), "redemption_problem", ["problem_id"], ["id"]
        )
    _checks("review_case", CASE_BEFORE, CASE_AFTER)
    op.create_index(
        "one_open_case_per_problem", "review_case", ["problem_id"], unique=True, sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    _open_cases()


def _open_cases() -> None:
    moment = UtcDateTime()
    problem = sa.table(
        "redemption_problem", sa.column("id"), sa.column("state"), sa.column("redemption_id"),
        sa.column("opened_at", moment),
    )
    redemption = sa.table("redemption", sa.column("id"), sa.column("person_id"))
    case = sa.table(
        "review_case", sa.column("id"), sa.column("kind"), sa.column("problem_id"), sa.column("person_id"),
        sa.column("state"), sa.column("why"), sa.column("opened_at", moment), sa.column("due_at", moment),
        sa.column("ranked_at", moment), sa.column("handed_note"), sa.column("lock_version"),
    )
    rows = op.get_bind().execute(
        sa.select(problem.c.id, problem.c.state, problem.c.opened_at, redemption.c.person_id)
        .join(redemption, redemption.c.id == problem.c.redemption_id)
        .order_by(problem.c.opened_at)
    ).all()
    for row in rows:
        due_at = row.opened_at + ANSWERED_IN
        op.execute(
            case.insert().values(
                id=new_id(), kind="problem", problem_id=row.id, person_id=row.person_id,
                state="open" if row.state == "open" else "decided", why="order_problem", opened_at=row.opened_at,
                due_at=due_at, ranked_at=due_at, handed_note="", lock_version=1,
            )
        )


def downgrade() -> None:
    refuse_to_lose(["redemption_problem"], where="state = 'over'")
    op.execute("DELETE FROM review_case WHERE problem_id IS NOT NULL")
    op.execute("DELETE FROM redemption_problem WHERE state = 'over'")
    op.drop_index("one_open_case_per_problem", table_name="review_case")
    _checks("review_case", CASE_AFTER, CASE_BEFORE)
    with op.batch_alter_table("review_case") as batch:
        batch.drop_constraint(op.f("fk_review_case_problem_id_redemption_problem"), type_="foreignkey")
        batch.drop_column("problem_id")
    _checks("redemption_problem", PROBLEM_AFTER, PROBLEM_BEFORE)
