"""Something that is sent for points plus cash: a kind of its own. Going back refuses while there is one."""

from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None

BEFORE = ("code", "promotion", "physical", "download", "experience", "donation", "points_plus_cash")
AFTER = (*BEFORE, "parcel_plus_cash")
NO_CASH = "cash_minor IS NULL OR (cash_minor > 0 AND cash_currency IS NOT NULL AND"


def _kinds(known: tuple[str, ...], cash: str) -> None:
    with op.batch_alter_table("reward") as batch:
        for name in ("kind_known", "cash_of_its_kind"):
            batch.drop_constraint(op.f(f"ck_reward_{name}"), type_="check")
        listed = ", ".join(f"'{kind}'" for kind in known)
        batch.create_check_constraint(op.f("ck_reward_kind_known"), f"kind IN ({listed})")
        batch.create_check_constraint(op.f("ck_reward_cash_of_its_kind"), f"{NO_CASH} {cash})")


def upgrade() -> None:
    _kinds(AFTER, "kind IN ('points_plus_cash', 'parcel_plus_cash')")


def downgrade() -> None:
    refuse_to_lose(["reward"], where="kind = 'parcel_plus_cash'")
    _kinds(BEFORE, "kind = 'points_plus_cash'")
