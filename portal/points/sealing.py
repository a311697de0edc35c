"""Sealing days: the movements of a closed day become a tree whose root is published and chained to the day before.

Each day is sealed once, in one transaction: its row is unique, so two workers can't both do it, and one that dies
leaves nothing. Days without movements are sealed too: a gap would look like one that was taken out.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, insert, select, text

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.points.book_models import DayTotal
from portal.points.closing import closed_until, first_moment
from portal.points.merkle import Tree
from portal.points.models import Entry, Transaction
from portal.points.postings import Totals
from portal.points.seal_models import Leaf, Salt, Seal
from portal.points.verify_statement import GENESIS, blind_of, canonical, chain, leaf_of, people_in

SEALING_LOCK = 7_205_003
"""Key of the PostgreSQL advisory lock that lets one worker seal at a time."""
SALT_BYTES = 32
CHUNK = 1000
ERASED = PersonState.ERASED


def seal_next_day(*, now: datetime) -> Seal | None:
    """Seal the oldest closed day that has no seal yet; None when every one has. Safe to repeat."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALING_LOCK})
    last, until = newest_seal(), closed_until()
    if until is None:
        return None
    day = last.day + timedelta(days=1) if last else _first_day(until)
    if day > until:
        return None
    number = last.number + 1 if last else 1
    salts, leaves, totals = [], [], Totals()
    for position, (movement, row_hash) in enumerate(movements_of(day)):
        totals.add(movement)
        salt = secrets.token_hex(SALT_BYTES)
        blind = blind_of(salt, people_in(movement))
        salts.append((people_in(movement), {"transaction_id": movement["id"], "salt": salt}))
        leaves.append(
            {
                "transaction_id": movement["id"], "seal_number": number, "position": position, "blind": blind,
                "hash": leaf_of(movement, blind).hex(), "row_hash": row_hash,
            }
        )  # fmt: skip
    root = Tree([bytes.fromhex(leaf["hash"]) for leaf in leaves]).root.hex()
    previous = last.chain if last else GENESIS
    seal = Seal(
        number=number, day=day, movements=len(leaves), root=root, previous=previous, sealed_at=now,
        chain=chain(previous, day.isoformat(), len(leaves), root),
    )  # fmt: skip
    db.session.add(seal)
    db.session.flush()
    day_totals = [{"seal_number": number, **row} for row in totals.rows()]
    kept_salts = _of_people_who_are_there(salts)
    for rows, model in ((kept_salts, Salt), (leaves, Leaf), (day_totals, DayTotal)):
        for start in range(0, len(rows), CHUNK):
            db.session.execute(insert(model.__table__), rows[start : start + CHUNK])  # type: ignore[arg-type]
    return seal


def _of_people_who_are_there(salts: list[tuple[list[str], dict[str, str]]]) -> list[dict[str, str]]:
    """Whoever is erased already gets no salt: it would tie the leaf to them again."""
    ids = {person for people, _row in salts for person in people}
    erased: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        some = sorted(ids)[start : start + CHUNK]
        erased |= set(db.session.scalars(select(Person.id).where(Person.id.in_(some), Person.state == ERASED)))
    return [row for people, row in salts if not erased.intersection(people)]


def newest_seal() -> Seal | None:
    """Leans on the primary key."""
    return db.session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))


def movements_of(day: date) -> Iterator[tuple[dict[str, Any], str]]:
    """The day's movements as they are sealed, in the order of their ids, each with the hash over all of its row.

    Leans on `ix_ledger_transaction_posted_at`.
    """
    begins = first_moment(day)
    within = (Transaction.posted_at >= begins, Transaction.posted_at < begins + timedelta(days=1))
    rows = db.session.execute(
        select(Transaction, Entry.account_name, Entry.amount, Entry.balance_after)
        .join(Entry, Entry.transaction_id == Transaction.id)
        .where(*within)
        .order_by(Transaction.id, Entry.account_name)
        .execution_options(yield_per=CHUNK)
    )
    for movement, parts in groupby(rows, key=lambda row: row[0]):
        postings = [(account, points, after) for _movement, account, points, after in parts]
        yield sealable(movement, postings), _row_hash(movement, postings)


def _row_hash(movement: Transaction, postings: list[tuple[str, int, int]]) -> str:
    """Over what `sealable` leaves out as well: key, digest, count of entries, balances of seasons and the programme."""
    whole = [
        movement.id, movement.key, movement.kind, movement.cause_kind, movement.cause_id, movement.reason,
        movement.content, movement.entries_total, movement.posted_at.astimezone(UTC).isoformat(), sorted(postings),
    ]  # fmt: skip
    return hashlib.sha256(canonical(whole)).hexdigest()


def sealable(movement: Transaction, postings: list[tuple[str, int, int]]) -> dict[str, Any]:
    """A movement in the words of `verify_statement`. Balances of seasons and the programme stay out."""
    return {
        "id": movement.id,
        "kind": movement.kind,
        "cause": [movement.cause_kind, movement.cause_id],
        "reason": movement.reason,
        "posted_at": movement.posted_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "postings": [
            [account, points, after if account.startswith("person/") else None]
            for account, points, after in sorted(postings)
        ],
    }


def seal_in_words(seal: Seal) -> dict[str, Any]:
    """A seal as it is published."""
    return {
        "number": seal.number,
        "day": seal.day.isoformat(),
        "movements": seal.movements,
        "root": seal.root,
        "previous": seal.previous,
        "chain": seal.chain,
    }


def _first_day(until: date) -> date:
    """The day of the first movement; without any, the last closed one."""
    first = db.session.scalar(select(func.min(Transaction.posted_at)))
    return min(first.date(), until) if first else until
