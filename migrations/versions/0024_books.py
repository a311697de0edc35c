"""The programme's books: totals of each sealed day, closed months, and what rewards cost.

Days that are sealed already are added up here, once.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_day_total", "points_closed_month")
GROUPS = [f"person/{part}" for part in ("available", "debt", "pending", "reserved")] + [
    f"campaign/{part}" for part in ("budget", "reserved")
]


def upgrade() -> None:
    op.create_table(
        'ledger_day_total',
        sa.Column('seal_number', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('account_group', sa.String(length=32), nullable=False),
        sa.Column('points', sa.BigInteger(), nullable=False),
        sa.Column('movements', sa.Integer(), nullable=False),
        sa.CheckConstraint('movements > 0', name=op.f('ck_ledger_day_total_moved_something')),
        sa.ForeignKeyConstraint(
            ['seal_number'], ['ledger_seal.number'], name=op.f('fk_ledger_day_total_seal_number_ledger_seal')
        ),
        sa.PrimaryKeyConstraint('seal_number', 'kind', 'account_group', name=op.f('pk_ledger_day_total')),
    )
    op.create_table(
        'points_closed_month',
        sa.Column('month', sa.String(length=7), nullable=False),
        sa.Column('seal_number', sa.Integer(), nullable=False),
        sa.Column('chain', sa.String(length=64), nullable=False),
        sa.Column('figures', sa.JSON(), nullable=False),
        sa.Column('previous', sa.String(length=64), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('closed_by_id', sa.String(length=26), nullable=True),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['seal_number'], ['ledger_seal.number'], name=op.f('fk_points_closed_month_seal_number_ledger_seal')
        ),
        sa.ForeignKeyConstraint(
            ['closed_by_id'], ['person.id'], name=op.f('fk_points_closed_month_closed_by_id_person')
        ),
        sa.PrimaryKeyConstraint('month', name=op.f('pk_points_closed_month')),
        sa.UniqueConstraint('seal_number', name=op.f('uq_points_closed_month_seal_number')),
    )
    op.create_table(
        'reward_cost',
        sa.Column('reward_id', sa.String(length=26), nullable=False),
        sa.Column('cost_minor', sa.Integer(), nullable=False),
        sa.Column('entered_by_id', sa.String(length=26), nullable=True),
        sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('cost_minor >= 0', name=op.f('ck_reward_cost_not_negative')),
        sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_cost_reward_id_reward')),
        sa.ForeignKeyConstraint(['entered_by_id'], ['person.id'], name=op.f('fk_reward_cost_entered_by_id_person')),
        sa.PrimaryKeyConstraint('reward_id', name=op.f('pk_reward_cost')),
    )
    cases = " ".join(
        f"WHEN e.account_name LIKE '{group.split('/')[0]}/%/{group.split('/')[1]}' THEN '{group}'" for group in GROUPS
    )
    op.execute(
        "INSERT INTO ledger_day_total (seal_number, kind, account_group, points, movements) "
        "SELECT number, kind, account_group, SUM(amount), COUNT(DISTINCT id) FROM ("
        "SELECT l.seal_number AS number, t.kind AS kind, t.id AS id, e.amount AS amount, "
        f"CASE {cases} ELSE e.account_name END AS account_group "
        "FROM ledger_leaf l JOIN ledger_transaction t ON t.id = l.transaction_id "
        "JOIN ledger_entry e ON e.transaction_id = t.id) AS sealed GROUP BY number, kind, account_group"
    )
    for table in APPEND_ONLY:
        _append_only(table)


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only' "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        )
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    refuse_to_lose(["points_closed_month", "reward_cost"])
    for table in ("reward_cost", "points_closed_month", "ledger_day_total"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_refuse()")
