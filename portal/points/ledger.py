"""The ledger: balanced movements between accounts, each booked once, never changed.

What decides, on both databases: a movement's key is unique; an account's row is updated by the amount only where the
result is allowed, and CHECK constraints hold the same below that; entries and transactions refuse UPDATE and DELETE;
triggers refuse what does not balance or falls into a closed day (`portal.points.guards`). `audit` recomputes all of it.

What is locked: every account of every owner that a movement touches, in the order of their names, until the transaction
ends. Campaigns sort before persons and these before the programme, and a verb that moves points twice in one
transaction goes in that order too, so two transactions never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.kernel.rows import rows_of
from portal.points import postings as rules
from portal.points.closing import open_from
from portal.points.models import Account, Entry, Kind, Transaction
from portal.points.postings import Cause, NotAMovement, Posting

__all__ = ["Cause", "InsufficientPoints", "KeyReused", "NotAMovement", "Posting", "balance", "balances", "hold", "post"]


class InsufficientPoints(Exception):
    """`account` holds less than the movement takes (for a debt: less is owed than would be repaid)."""

    def __init__(self, account: str) -> None:
        super().__init__(account)
        self.account = account


class KeyReused(Exception):
    """A movement with this key is booked already, and it was a different one."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def post(
    key: str, kind: Kind, cause: Cause, postings: Iterable[Posting], *, now: datetime, reason: str = ""
) -> Transaction:
    """Book a movement of points in the open transaction; asked again with the same content, give the first one.

    Happens whole or not at all, even when the caller goes on after the error.
    Raises NotAMovement, KeyReused, InsufficientPoints.
    """
    moving = rules.sound(postings)
    content = rules.digest(kind, cause, reason, moving)
    with db.session.begin_nested():
        booked: Transaction | None = db.session.scalars(
            _insert(Transaction)
            .values(
                key=key, kind=kind, cause_kind=cause.kind, cause_id=cause.id, reason=reason, content=content,
                entries_total=len(moving), posted_at=open_from(now),
            )
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(Transaction)
        ).one_or_none()  # fmt: skip
        if booked is None:
            return _first(key, content)
        hold(each.account for each in moving)
        entries = [
            {
                "transaction_id": booked.id,
                "account_name": each.account,
                "amount": each.points,
                "balance_after": _move(each),
            }
            for each in moving
        ]
        db.session.execute(plain_insert(Entry), entries)
    return booked


def _first(key: str, content: str) -> Transaction:
    first = db.session.scalars(select(Transaction).where(Transaction.key == key)).one()
    if first.content != content:
        raise KeyReused(key)
    return first


def _move(posting: Posting) -> int:
    """Add to the account where its rule allows the result; the balance after it."""
    after = Account.balance + posting.points
    change = update(Account).where(Account.name == posting.account).values(balance=after)
    if rules.must_stay_above_zero(posting.account):
        change = change.where(after >= 0)
    elif rules.is_debt(posting.account):
        change = change.where(after <= 0)
    moved = db.session.execute(
        change.returning(Account.balance), execution_options={"synchronize_session": False}
    ).scalar_one_or_none()
    if moved is None:
        raise InsufficientPoints(posting.account)
    return moved


def hold(accounts: Iterable[str]) -> None:
    """Lock all accounts of the owners of `accounts`, in the order of their names, until the transaction ends.

    Accounts come into being here, all of an owner's together. SQLite has one writer, which already holds its lock.
    """
    names = sorted({name for account in accounts for name in rules.accounts_beside(account)})
    locking = select(Account.name).where(Account.name.in_(names)).order_by(Account.name).with_for_update()
    missing = set(names) - set(db.session.scalars(locking))
    if missing:
        new = [{"name": name, "balance": 0} for name in sorted(missing)]
        db.session.execute(_insert(Account).on_conflict_do_nothing(index_elements=["name"]), new)
        db.session.execute(locking)


def balance(account: str) -> int:
    """Points on `account` now; an account that nothing ever moved has none."""
    return balances([account])[account]


def balances(accounts: Sequence[str]) -> dict[str, int]:
    """Points on each of `accounts` now, in one query."""
    rows = rows_of(_balances(), {"accounts": accounts})
    return dict.fromkeys(accounts, 0) | {row.name: row.balance for row in rows}


@cache
def _balances() -> Select[str, int]:
    """Put together once: every page asks this."""
    return select(Account.name, Account.balance).where(Account.name.in_(bindparam("accounts", expanding=True)))


def _insert(model: Any) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases write alike but SQLAlchemy keeps apart."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(model)
