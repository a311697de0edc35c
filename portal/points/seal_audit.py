"""The audit's look at sealed days: each is derived again from the rows, so that a changed row is named with its day.

Who can change rows can change seals as well, all of them from that day on. That shows against what others have: the
roots saved from the public page (`ledger audit --roots FILE`).
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.points.audit import Found, also_audits
from portal.points.closing import closed_until
from portal.points.merkle import Tree
from portal.points.seal_models import Leaf, Salt, Seal
from portal.points.sealing import movements_of, seal_in_words
from portal.points.verify_statement import ROOTS_FORMAT, blind_of, broken_links, leaf_of, people_in


@also_audits
def _sealed_days_are_as_sealed() -> Found:
    """Every movement of a sealed day is the one that was sealed, none is missing and none came later."""
    for seal in db.session.scalars(select(Seal).order_by(Seal.number)).all():
        yield from _day_differs(seal)


@also_audits
def _seals_are_chained() -> Found:
    """Each seal follows the one before it, day by day."""
    seals = list(db.session.scalars(select(Seal).order_by(Seal.number)))
    for sentence in broken_links([seal_in_words(seal) for seal in seals]):
        yield "seals", sentence
    for earlier, later in pairwise(seals):
        if later.day != earlier.day + timedelta(days=1):
            yield f"day {later.day}", f"follows {earlier.day}"
    until = closed_until()
    if seals and (until is None or seals[-1].day > until):
        yield f"day {seals[-1].day}", "is sealed and not closed"


def unlike_published(roots: dict[str, Any]) -> list[tuple[str, str]]:
    """Seals that are not those in `roots`, a file saved from the public page: (day, what differs)."""
    if roots.get("format") != ROOTS_FORMAT:
        return [("roots", "the file is not one of the public page")]
    mine = {seal.day.isoformat(): seal.chain for seal in db.session.scalars(select(Seal))}
    return [
        (f"day {seal['day']}", f"was published as {seal['chain']}, is {mine.get(seal['day'], 'missing')}")
        for seal in roots["seals"]
        if mine.get(seal["day"]) != seal["chain"]
    ]


def _day_differs(seal: Seal) -> Found:
    day = f"day {seal.day}"
    rows = db.session.execute(
        select(Leaf.transaction_id, Leaf.blind, Leaf.hash, Leaf.row_hash, Salt.salt)
        .outerjoin(Salt, Salt.transaction_id == Leaf.transaction_id)
        .where(Leaf.seal_number == seal.number)
        .order_by(Leaf.position)
    ).all()
    unseen = {row.transaction_id: row for row in rows}
    for movement, row_hash in movements_of(seal.day):
        leaf = unseen.pop(movement["id"], None)
        if leaf is None:
            yield day, f"movement {movement['id']} ({_cause(movement)}) was put in after the day was sealed"
        elif leaf_of(movement, leaf.blind).hex() != leaf.hash or leaf.row_hash not in (None, row_hash):
            yield day, f"movement {movement['id']} ({_cause(movement)}) was changed after the day was sealed"
        elif leaf.salt is not None and blind_of(leaf.salt, people_in(movement)) != leaf.blind:
            yield (
                day,
                f"movement {movement['id']} ({_cause(movement)}) was somebody else's when the day was sealed",
            )
    for missing in unseen:
        yield day, f"movement {missing} is missing"
    root = Tree([bytes.fromhex(row.hash) for row in rows]).root.hex()
    if root != seal.root or len(rows) != seal.movements:
        yield day, "its leaves do not give its root"


def _cause(movement: dict[str, Any]) -> str:
    return "/".join(movement["cause"])
