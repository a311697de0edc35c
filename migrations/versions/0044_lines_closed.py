"""A line that ends with its reward. Going back refuses while there is one."""

from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None

BEFORE = ("waiting", "held", "taken", "missed", "left")


def _states(known: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{state}'" for state in known)
    with op.batch_alter_table("reward_wait") as batch:
        batch.drop_constraint(op.f("ck_reward_wait_state_known"), type_="check")
        batch.create_check_constraint(op.f("ck_reward_wait_state_known"), f"state IN ({listed})")


def upgrade() -> None:
    _states((*BEFORE, "closed"))


def downgrade() -> None:
    refuse_to_lose(["reward_wait"], where="state = 'closed'")
    _states(BEFORE)
