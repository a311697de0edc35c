"""The ledger: balanced movements between accounts, each booked once, never changed.

What decides, on both databases: a movement's key is unique; its accounts are held before anything is written, so what
is on them can't change while their rules are asked, and CHECK constraints hold the same below that; entries and
transactions refuse UPDATE and DELETE; triggers refuse what does not balance or falls into a closed day
(`portal.points.guards`). `audit` recomputes all of it.

What is locked: every account of every owner that a movement touches, in the order of their names, until the transaction
ends. Campaigns sort before persons and these before the programme, and a verb that moves points twice in one
transaction goes in that order too, so two transactions never wait for each other in a circle. The programme's own
accounts, which everybody's movements touch, are locked last, by the change itself.

A movement is four statements: hold, book, change all balances, write all entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, String, bindparam, case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.kernel.base import UtcDateTime, table_of
from portal.kernel.rows import rows_of, run
from portal.points import postings as rules
from portal.points.holding import hold
from portal.points.models import Account, Entry, Kind, Transaction
from portal.points.postings import Cause, NotAMovement, Posting
from portal.points.seal_models import Closing

__all__ = [
    "Cause", "InsufficientPoints", "KeyReused", "Movement", "NotAMovement", "Posting", "balance", "balances", "booked",
    "hold", "post",
]  # fmt: skip


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


@dataclass(frozen=True)
class Movement:
    """A movement that is booked."""

    id: str
    key: str
    content: str
    """Digest of its kind, cause, reason and postings."""
    posted_at: datetime
    is_new: bool = False
    """Booked by this very call; not one that was there before."""


def post(
    key: str, kind: Kind, cause: Cause, postings: Iterable[Posting], *, now: datetime, reason: str = ""
) -> Movement:
    """Book a movement of points in the open transaction; asked again with the same content, give the first one.

    Happens whole or not at all, even when the caller goes on after the error: nothing is written before all is known.
    Raises NotAMovement, KeyReused, InsufficientPoints.
    """
    moving = rules.sound(postings)
    content = rules.digest(kind, cause, reason, moving)
    held = hold(_held_first(moving))
    for each in moving:
        if each.account in held and not rules.allows(each.account, held[each.account] + each.points):
            return _first(key, content, otherwise=InsufficientPoints(each.account))
    row = run(
        _booking(db.session.get_bind().dialect.name),
        {
            "key": key, "kind": kind, "cause_kind": cause.kind, "cause_id": cause.id, "reason": reason,
            "content": content, "entries_total": len(moving), "moved_at": now,
        },
    ).one_or_none()  # fmt: skip
    if row is None:
        return _first(key, content)
    after = _move(moving)
    run(
        _entries(),
        [
            {
                "transaction_id": row.id, "account_name": each.account, "amount": each.points,
                "balance_after": after[each.account],
            }
            for each in moving
        ],
    )  # fmt: skip
    held.update({name: points for name, points in after.items() if name in held})
    return Movement(row.id, key, content, row.posted_at, is_new=True)


def booked(keys: Iterable[str]) -> dict[str, Movement]:
    """Those of `keys` under which a movement is booked, in one query. Leans on the unique key."""
    rows = rows_of(_by_key(), {"keys": list(keys)})
    return {row.key: Movement(row.id, row.key, row.content, row.posted_at) for row in rows}


def balance(account: str) -> int:
    """Points on `account` now; an account that nothing ever moved has none."""
    return balances([account])[account]


def balances(accounts: Sequence[str]) -> dict[str, int]:
    """Points on each of `accounts` now, in one query."""
    rows = rows_of(_balances(), {"accounts": accounts})
    return dict.fromkeys(accounts, 0) | {row.name: row.balance for row in rows}


def _held_first(moving: Sequence[Posting]) -> list[str]:
    """Accounts to hold: those of people and campaigns; of the programme's only where several would be locked."""
    programme = [each.account for each in moving if rules.is_programmes(each.account)]
    return [each.account for each in moving if len(programme) > 1 or each.account not in programme]


def _first(key: str, content: str, *, otherwise: Exception | None = None) -> Movement:
    """What is booked under `key` already; raises `otherwise` where nothing is."""
    first = booked([key]).get(key)
    if first is None:
        raise otherwise or KeyReused(key)
    if first.content != content:
        raise KeyReused(key)
    return first


def _move(moving: Sequence[Posting]) -> Mapping[str, int]:
    """Add to all accounts at once; what is on each of them afterwards."""
    after = _change(moving)
    unknown = [each for each in moving if each.account not in after]
    if unknown:  # an account of the programme that nothing ever moved
        hold([each.account for each in unknown])
        after |= _change(unknown)
    return after


def _change(moving: Sequence[Posting]) -> dict[str, int]:
    parts: dict[str, str | int] = {f"account_{place}": each.account for place, each in enumerate(moving)}
    parts |= {f"points_{place}": each.points for place, each in enumerate(moving)}
    return {row.name: row.balance for row in run(_changing(len(moving)), parts)}


# Statements are put together once, on the tables themselves: a payment is made of them.


@cache
def _booking(dialect: str) -> Any:
    """Knows ON CONFLICT, which both databases write alike but SQLAlchemy keeps apart.

    Posted now, or at the first moment of the first open day if that is later. On PostgreSQL a trigger does that under
    the lock that decides; SQLite's one writer asks in the statement itself, whose trigger then has nothing to refuse.
    """
    if dialect == "postgresql":
        new: Any = postgresql.insert(table_of(Transaction)).values(posted_at=_MOVED_AT)
    else:
        opens = select(func.strftime("%Y-%m-%d 00:00:00.000000", func.max(Closing.until), "+1 day")).scalar_subquery()
        posted_at = func.max(_MOVED_AT, func.coalesce(opens, ""), type_=UtcDateTime())
        new = sqlite.insert(table_of(Transaction)).values(posted_at=posted_at)
    return new.on_conflict_do_nothing(index_elements=["key"]).returning(Transaction.id, Transaction.posted_at)


_MOVED_AT = bindparam("moved_at", type_=UtcDateTime())


@cache
def _changing(length: int) -> Any:
    table = table_of(Account)
    names = [bindparam(f"account_{place}", type_=String) for place in range(length)]
    points = [bindparam(f"points_{place}", type_=BigInteger) for place in range(length)]
    more = case(dict(zip(names, points, strict=True)), value=table.c.name)
    changed = update(table).where(table.c.name.in_(names)).values(balance=table.c.balance + more)
    return changed.returning(table.c.name, table.c.balance)


@cache
def _entries() -> Any:
    return insert(table_of(Entry))


@cache
def _by_key() -> Select[str, str, str, datetime]:
    table = table_of(Transaction)
    keys = table.c.key.in_(bindparam("keys", expanding=True))
    return select(table.c.id, table.c.key, table.c.content, table.c.posted_at).where(keys)


@cache
def _balances() -> Select[str, int]:
    return select(Account.name, Account.balance).where(Account.name.in_(bindparam("accounts", expanding=True)))
