"""Which accounts the open transaction holds, and what is on them: locked once, however many verbs ask for them.

A lock lasts until the transaction ends, so nobody else moves these accounts meanwhile and what was read stays true.
What is known of them is forgotten with the transaction, and with a savepoint, whose end may give locks back.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Select, String, bindparam, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction

from portal.extensions import db
from portal.kernel.base import table_of
from portal.kernel.rows import rows_of, run
from portal.points import postings as rules
from portal.points.models import Account

_HELD = "ledger_accounts_held"


def hold(accounts: Iterable[str]) -> dict[str, int]:
    """Lock all accounts of the owners of `accounts`, in the order of their names, until the transaction ends.

    Gives every account that is held, with the points on it. Accounts come into being here, all of an owner's together.
    SQLite has one writer, which already holds its lock.
    """
    held: dict[str, int] = db.session().info.setdefault(_HELD, {})
    new = [account for account in accounts if account not in held]
    if not new:
        return held
    names = sorted({name for account in new for name in rules.accounts_beside(account)} - held.keys())
    found = _lock(names)
    missing = [{"name": name, "balance": 0} for name in names if name not in found]
    if missing:
        run(_creating(db.session.get_bind().dialect.name), missing)
        found = _lock(names)
    held.update(found)
    return held


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested or transaction.parent is None:
        session.info.pop(_HELD, None)


def _lock(names: list[str]) -> dict[str, int]:
    asked = {f"name_{place}": name for place, name in enumerate(names)}
    return {row.name: row.balance for row in rows_of(_locking(len(names)), asked)}


@cache
def _locking(length: int) -> Select[str, int]:
    """Put together once for each `length`, with all its places: every movement asks this."""
    table = table_of(Account)
    names = [bindparam(f"name_{place}", type_=String) for place in range(length)]
    mine = select(table.c.name, table.c.balance).where(table.c.name.in_(names))
    return mine.order_by(table.c.name).with_for_update()


@cache
def _creating(dialect: str) -> Any:
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table_of(Account)).on_conflict_do_nothing(index_elements=["name"])
