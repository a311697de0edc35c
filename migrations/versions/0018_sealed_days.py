"""Sealed days of the ledger: what closes them, their seals, the leaves, and the salts that may be erased.

Movements that are there are sealed by the first run of the job, day by day from the oldest. Going back forgets seals
that were published, and says so.
"""

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import refuse_to_lose


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_closing", "ledger_seal", "ledger_leaf")

POSTGRESQL_OPEN_DAYS = """
CREATE FUNCTION ledger_posted_in_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE opens timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7205002);
  SELECT (max(until) + 1)::timestamp AT TIME ZONE 'UTC' INTO opens FROM ledger_closing;
  IF NEW.posted_at < opens THEN NEW.posted_at := opens; END IF;
  RETURN NEW;
END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER ledger_transaction_open_day BEFORE INSERT ON ledger_transaction
FOR EACH ROW EXECUTE FUNCTION ledger_posted_in_open_day()
"""
SQLITE_OPEN_DAYS = """
CREATE TRIGGER ledger_transaction_open_day BEFORE INSERT ON ledger_transaction
WHEN substr(NEW.posted_at, 1, 10) <= (SELECT max(until) FROM ledger_closing)
BEGIN SELECT RAISE(ABORT, 'this day is closed'); END
"""


def upgrade() -> None:
    op.create_table(
        'ledger_closing',
        sa.Column('until', sa.Date(), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('until', name=op.f('pk_ledger_closing')),
    )
    op.create_table(
        'ledger_seal',
        sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('movements', sa.Integer(), nullable=False),
        sa.Column('root', sa.String(length=64), nullable=False),
        sa.Column('previous', sa.String(length=64), nullable=False),
        sa.Column('chain', sa.String(length=64), nullable=False),
        sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('number >= 1', name=op.f('ck_ledger_seal_counts_from_one')),
        sa.CheckConstraint('movements >= 0', name=op.f('ck_ledger_seal_movements_not_negative')),
        sa.PrimaryKeyConstraint('number', name=op.f('pk_ledger_seal')),
        sa.UniqueConstraint('day', name=op.f('uq_ledger_seal_day')),
    )
    op.create_table(
        'ledger_leaf',
        sa.Column('transaction_id', sa.String(length=26), nullable=False),
        sa.Column('seal_number', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('blind', sa.String(length=64), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ['seal_number'], ['ledger_seal.number'], name=op.f('fk_ledger_leaf_seal_number_ledger_seal')
        ),
        sa.ForeignKeyConstraint(
            ['transaction_id'], ['ledger_transaction.id'],
            name=op.f('fk_ledger_leaf_transaction_id_ledger_transaction'),
        ),
        sa.PrimaryKeyConstraint('transaction_id', name=op.f('pk_ledger_leaf')),
        sa.UniqueConstraint('seal_number', 'position', name=op.f('uq_ledger_leaf_seal_number_position')),
    )
    op.create_table(
        'ledger_salt',
        sa.Column('transaction_id', sa.String(length=26), nullable=False),
        sa.Column('salt', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ['transaction_id'], ['ledger_transaction.id'],
            name=op.f('fk_ledger_salt_transaction_id_ledger_transaction'),
        ),
        sa.PrimaryKeyConstraint('transaction_id', name=op.f('pk_ledger_salt')),
    )
    for table in APPEND_ONLY:
        _append_only(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_OPEN_DAYS)
        op.execute(POSTGRESQL_TRIGGER)
    else:
        op.execute(SQLITE_OPEN_DAYS)


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
    refuse_to_lose(["ledger_seal"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("DROP TRIGGER ledger_transaction_open_day ON ledger_transaction")
        op.execute("DROP FUNCTION ledger_posted_in_open_day()")
    else:
        op.execute("DROP TRIGGER ledger_transaction_open_day")
    for table in ("ledger_salt", "ledger_leaf", "ledger_seal", "ledger_closing"):
        op.drop_table(table)
    if postgresql:
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_refuse()")
