"""Triggers that refuse a movement of points that does not sum to zero.

Existing movements are left as they are: `flask --app wsgi ledger audit` names any that would be refused now.
"""

from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


TABLES = ("ledger_transaction", "ledger_entry")

SQLITE_UNFINISHED_ONLY = """
CREATE TRIGGER ledger_entry_of_unfinished BEFORE INSERT ON ledger_entry
WHEN (SELECT COUNT(*) FROM ledger_entry WHERE transaction_id = NEW.transaction_id)
    >= (SELECT entries_total FROM ledger_transaction WHERE id = NEW.transaction_id)
BEGIN SELECT RAISE(ABORT, 'a movement takes no more entries than it has'); END
"""

SQLITE_BALANCES = """
CREATE TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
WHEN (SELECT COUNT(*) FROM ledger_entry WHERE transaction_id = NEW.transaction_id)
    = (SELECT entries_total FROM ledger_transaction WHERE id = NEW.transaction_id)
  AND (SELECT SUM(amount) FROM ledger_entry WHERE transaction_id = NEW.transaction_id) <> 0
BEGIN SELECT RAISE(ABORT, 'a movement sums to zero'); END
"""

POSTGRESQL_BALANCES = """
CREATE FUNCTION ledger_movement_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moved ledger_transaction.id%TYPE;
BEGIN
  IF TG_TABLE_NAME = 'ledger_entry' THEN moved := NEW.transaction_id; ELSE moved := NEW.id; END IF;
  IF NOT EXISTS (
    SELECT 1 FROM ledger_transaction t WHERE t.id = moved
      AND t.entries_total = (SELECT COUNT(*) FROM ledger_entry e WHERE e.transaction_id = moved)
      AND 0 = (SELECT SUM(e.amount) FROM ledger_entry e WHERE e.transaction_id = moved)
  ) THEN
    RAISE EXCEPTION 'a movement is whole and sums to zero' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""

POSTGRESQL_TRIGGER = """
CREATE CONSTRAINT TRIGGER {table}_balances AFTER INSERT ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_movement_balances()
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_BALANCES)
        for table in TABLES:
            op.execute(POSTGRESQL_TRIGGER.format(table=table))
    else:
        op.execute(SQLITE_UNFINISHED_ONLY)
        op.execute(SQLITE_BALANCES)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"DROP TRIGGER {table}_balances ON {table}")
        op.execute("DROP FUNCTION ledger_movement_balances()")
    else:
        op.execute("DROP TRIGGER ledger_entry_of_unfinished")
        op.execute("DROP TRIGGER ledger_entry_balances")
