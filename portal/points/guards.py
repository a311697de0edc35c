"""What the database itself refuses about movements, so that no code can book one that does not balance.

PostgreSQL looks at commit, when the movement is whole: its entries are as many as it says and sum to zero. SQLite has
no deferred triggers: the entry that makes a movement whole must make it sum to zero, and a whole movement takes no more
entries. A movement that stays unfinished is refused on PostgreSQL and named by `ledger audit` on both.
"""

from __future__ import annotations

from sqlalchemy import DDL, event
from sqlalchemy.orm import DeclarativeBase

_SQLITE_UNFINISHED_ONLY = """
CREATE TRIGGER ledger_entry_of_unfinished BEFORE INSERT ON ledger_entry
WHEN (SELECT COUNT(*) FROM ledger_entry WHERE transaction_id = NEW.transaction_id)
    >= (SELECT entries_total FROM ledger_transaction WHERE id = NEW.transaction_id)
BEGIN SELECT RAISE(ABORT, 'a movement takes no more entries than it has'); END
"""

_SQLITE_BALANCES = """
CREATE TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
WHEN (SELECT COUNT(*) FROM ledger_entry WHERE transaction_id = NEW.transaction_id)
    = (SELECT entries_total FROM ledger_transaction WHERE id = NEW.transaction_id)
  AND (SELECT SUM(amount) FROM ledger_entry WHERE transaction_id = NEW.transaction_id) <> 0
BEGIN SELECT RAISE(ABORT, 'a movement sums to zero'); END
"""

_POSTGRESQL_BALANCES = """
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

_POSTGRESQL_TRIGGER = """
CREATE CONSTRAINT TRIGGER {table}_balances AFTER INSERT ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_movement_balances()
"""

CLOSING_LOCK = 7_205_002
"""Key of the PostgreSQL advisory lock that movements share (below) and closing takes alone."""

_POSTGRESQL_OPEN_DAYS = """
CREATE FUNCTION ledger_posted_in_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE opens timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7205002);
  SELECT (max(until) + 1)::timestamp AT TIME ZONE 'UTC' INTO opens FROM ledger_closing;
  IF NEW.posted_at < opens THEN NEW.posted_at := opens; END IF;
  RETURN NEW;
END $$
"""

_POSTGRESQL_OPEN_DAYS_TRIGGER = """
CREATE TRIGGER ledger_transaction_open_day BEFORE INSERT ON ledger_transaction
FOR EACH ROW EXECUTE FUNCTION ledger_posted_in_open_day()
"""

_SQLITE_OPEN_DAYS = """
CREATE TRIGGER ledger_transaction_open_day BEFORE INSERT ON ledger_transaction
WHEN substr(NEW.posted_at, 1, 10) <= (SELECT max(until) FROM ledger_closing)
BEGIN SELECT RAISE(ABORT, 'this day is closed'); END
"""


def balanced_ddl() -> dict[str, list[str]]:
    """The statements, by dialect, that guard the ledger's tables. Migrations use the same."""
    triggers = [_POSTGRESQL_TRIGGER.format(table=table) for table in ("ledger_transaction", "ledger_entry")]
    return {
        "sqlite": [_SQLITE_UNFINISHED_ONLY, _SQLITE_BALANCES],
        "postgresql": [_POSTGRESQL_BALANCES, *triggers],
    }


def make_balanced(entries: type[DeclarativeBase]) -> None:
    """Attach those guards for `create_all`; `entries` is created after the transactions it points to."""
    for dialect, statements in balanced_ddl().items():
        for statement in statements:
            ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            event.listen(entries.__table__, "after_create", ddl)


def closing_ddl() -> dict[str, list[str]]:
    """The statements, by dialect, that keep movements out of closed days. Migrations use the same."""
    return {
        "sqlite": [_SQLITE_OPEN_DAYS],
        "postgresql": [_POSTGRESQL_OPEN_DAYS, _POSTGRESQL_OPEN_DAYS_TRIGGER],
    }


def make_closing(closings: type[DeclarativeBase]) -> None:
    """Attach that guard for `create_all`; movements refer to nothing, so their table is there before."""
    for dialect, statements in closing_ddl().items():
        for statement in statements:
            ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            event.listen(closings.__table__, "after_create", ddl)
