"""A person's statement as a file that proves itself: every movement, with its way to the published root of its day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.points.merkle import Tree
from portal.points.models import Entry, Transaction
from portal.points.postings import PERSON_PARTS, person_account
from portal.points.queries import Span, balance_at, balances
from portal.points.seal_models import Leaf, Salt, Seal
from portal.points.sealing import newest_seal, seal_in_words, sealable
from portal.points.verify_statement import ROOTS_FORMAT, STATEMENT_FORMAT

CHUNK = 500
SEALS_PAGE = 31


def provable_statement(person_id: str, *, programme: str, now: datetime, within: Span | None = None) -> dict[str, Any]:
    """What `verify_statement.py` reads. Movements of days that are not sealed yet have no proof.

    A month's file has the balances at its end. Costs one tree for each day on which the person's points moved.
    """
    newest = newest_seal()  # first: a day that is sealed meanwhile has neither its seal nor its proofs in the file
    until = newest.number if newest else 0
    movements = list(_movements(person_id, within, until))
    days = sorted({date.fromisoformat(each["proof"]["day"]) for each in movements if each["proof"]})
    held = balances(person_id)
    now_held = {"available": held.available, "pending": held.pending, "reserved": held.reserved, "debt": -held.debt}
    return {
        "format": STATEMENT_FORMAT,
        "programme": programme,
        "made_at": now.isoformat(),
        "person": person_id,
        "whole": within is None,
        "balances": now_held if within is None else _ends_at(person_id, movements, within),
        "movements": movements,
        "seals": [seal_in_words(seal) for seal in seals_from(days[0], until)] if days else [],
    }


def published_roots(programme: str) -> dict[str, Any]:
    """All seals, the oldest first, as the public file has them."""
    rows = db.session.scalars(select(Seal).order_by(Seal.number))
    return {"format": ROOTS_FORMAT, "programme": programme, "seals": [seal_in_words(seal) for seal in rows]}


def seals_from(day: date, until: int) -> Sequence[Seal]:
    """Those of `day` and later up to the number `until`, in their order: a chain without gaps.

    Leans on the unique day.
    """
    chained = select(Seal).where(Seal.day >= day, Seal.number <= until)
    return db.session.scalars(chained.order_by(Seal.number)).all()


def newest_seals(before: int | None = None, length: int = SEALS_PAGE) -> tuple[Sequence[Seal], int | None]:
    """A page of seals, the newest first, and the number to go on before. Leans on the primary key."""
    query = select(Seal).order_by(Seal.number.desc()).limit(length + 1)
    rows = db.session.scalars(query.where(Seal.number < before) if before is not None else query).all()
    return rows[:length], rows[length - 1].number if len(rows) > length else None


def _ends_at(person_id: str, movements: Sequence[dict[str, Any]], within: Span) -> dict[str, int]:
    """The last balance of each of the person's accounts in these movements; of one that rested, what was on it."""
    last = {account: after for each in movements for account, _points, after in each["postings"] if after is not None}
    accounts = {part: person_account(person_id, part) for part in PERSON_PARTS}
    return {
        part: last[account] if account in last else balance_at(person_id, within[1], part)
        for part, account in accounts.items()
    }


def _movements(person_id: str, within: Span | None, until: int) -> Iterator[dict[str, Any]]:
    """In the order in which they were booked. Leans on `ix_ledger_entry_account`."""
    names = [person_account(person_id, part) for part in PERSON_PARTS]
    trees: dict[int, Tree] = {}
    after = 0
    seen: set[str] = set()
    while True:
        mine = select(Entry.number, Entry.transaction_id).where(Entry.account_name.in_(names), Entry.number > after)
        if within is not None:
            mine = mine.join(Transaction).where(Transaction.posted_at >= within[0], Transaction.posted_at < within[1])
        rows = db.session.execute(mine.order_by(Entry.number).limit(CHUNK)).all()
        if not rows:
            return
        after = rows[-1].number
        ids = [each for each in dict.fromkeys(row.transaction_id for row in rows) if each not in seen]
        seen.update(ids)
        yield from _with_proofs(ids, trees, until)


def _with_proofs(ids: Sequence[str], trees: dict[int, Tree], until: int) -> Iterator[dict[str, Any]]:
    booked = {each.id: each for each in db.session.scalars(select(Transaction).where(Transaction.id.in_(ids)))}
    postings: dict[str, list[tuple[str, int, int]]] = {each: [] for each in ids}
    for entry in db.session.execute(
        select(Entry.transaction_id, Entry.account_name, Entry.amount, Entry.balance_after)
        .where(Entry.transaction_id.in_(ids))
    ):  # fmt: skip
        postings[entry.transaction_id].append((entry.account_name, entry.amount, entry.balance_after))
    proofs = {
        leaf.transaction_id: (leaf, salt, day)
        for leaf, salt, day in db.session.execute(
            select(Leaf, Salt.salt, Seal.day)
            .join(Seal, Seal.number == Leaf.seal_number)
            .join(Salt, Salt.transaction_id == Leaf.transaction_id)
            .where(Leaf.transaction_id.in_(ids), Leaf.seal_number <= until)
        )
    }
    for transaction_id in ids:
        proof = None
        if transaction_id in proofs:
            leaf, salt, day = proofs[transaction_id]
            path = _tree(leaf.seal_number, trees).path(leaf.position)
            proof = {
                "day": day.isoformat(), "position": leaf.position, "salt": salt, "path": [each.hex() for each in path]
            }  # fmt: skip
        yield {**sealable(booked[transaction_id], postings[transaction_id]), "proof": proof}


def _tree(seal_number: int, trees: dict[int, Tree]) -> Tree:
    """The tree of one day; only the last few are kept, as movements come day by day."""
    if seal_number not in trees:
        if len(trees) >= 3:
            trees.pop(next(iter(trees)))
        leaves = select(Leaf.hash).where(Leaf.seal_number == seal_number).order_by(Leaf.position)
        trees[seal_number] = Tree([bytes.fromhex(each) for each in db.session.scalars(leaves)])
    return trees[seal_number]
