"""The proof that the points are right: everything that is cached or derived, recomputed from the entries.

Each rule is one query that the database answers by itself and that returns nothing when all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, TypedDict

from sqlalchemy import and_, case, func, literal, not_, or_, select

from portal.extensions import db
from portal.points import postings
from portal.points.models import Account, Award, AwardState, Entry, Kind, Lot, LotUse, Transaction
from portal.points.postings import Cause, Posting

CHUNK = 1000


class Violation(TypedDict):
    """One thing that does not fit: which rule, about what, and the figures."""

    rule: str
    subject: str
    detail: str


class Audit(TypedDict):
    transactions: int
    accounts: int
    violations: list[Violation]


Found = Iterator[tuple[str, str]]
Rule = Callable[[], Found]


def audit_ledger() -> Audit:
    """Count what there is and name everything that breaks a rule. Reads only."""
    return {
        "transactions": _count(Transaction),
        "accounts": _count(Account),
        "violations": [
            {"rule": rule.__name__.removeprefix("_"), "subject": subject, "detail": detail}
            for rule in RULES
            for subject, detail in rule()
        ],
    }


def _count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def _transaction_balances() -> Found:
    """Every transaction sums to zero and has all of its entries."""
    total, entries = func.coalesce(func.sum(Entry.amount), 0), func.count(Entry.number)
    wrong = (
        select(Transaction.key, Transaction.entries_total, entries, total)
        .outerjoin(Entry, Entry.transaction_id == Transaction.id)
        .group_by(Transaction.id)
        .having(or_(total != 0, entries != Transaction.entries_total))
    )
    for key, said, found, points in db.session.execute(wrong):
        yield key, f"has {found} of {said} entries that sum to {points}"


def _content_is_what_was_booked() -> Found:
    """Kind, cause and entries of a transaction are those that its digest was made of."""
    entries = (
        select(Transaction, Entry.account_name, Entry.amount)
        .join(Entry, Entry.transaction_id == Transaction.id)
        .order_by(Transaction.id, Entry.account_name)
        .execution_options(yield_per=CHUNK)
    )
    for movement, parts in groupby(db.session.execute(entries), key=lambda row: row[0]):
        booked = [Posting(account, points) for _movement, account, points in parts]
        cause = Cause(movement.cause_kind, movement.cause_id)
        if movement.content != postings.digest(movement.kind, cause, movement.reason, booked):
            yield movement.key, "kind, cause, reason or entries were changed after it was booked"


def _cached_balance_is_the_sum() -> Found:
    """An account's cached balance is the sum of its entries."""
    total = func.coalesce(func.sum(Entry.amount), 0)
    wrong = (
        select(Account.name, Account.balance, total)
        .outerjoin(Entry, Entry.account_name == Account.name)
        .group_by(Account.name)
        .having(Account.balance != total)
    )
    for name, cached, points in db.session.execute(wrong):
        yield name, f"is cached as {cached}, entries sum to {points}"


def _balance_after_follows() -> Found:
    """Each entry's balance is the one before it and its amount. Named is where that breaks, not all that follows it."""
    in_order: dict[str, Any] = {"partition_by": Entry.account_name, "order_by": Entry.number}
    running = func.sum(Entry.amount).over(**in_order)
    chain = select(Entry.number, Entry.account_name, Entry.balance_after, running.label("running")).subquery()
    off = chain.c.balance_after - chain.c.running
    before = func.coalesce(func.lag(off).over(partition_by=chain.c.account_name, order_by=chain.c.number), 0)
    steps = select(chain, off.label("off"), before.label("off_before")).subquery()
    breaks = (
        select(steps.c.number, steps.c.account_name, steps.c.balance_after, steps.c.running)
        .where(steps.c.off != steps.c.off_before).order_by(steps.c.number)
    )  # fmt: skip
    for number, name, said, points in db.session.execute(breaks):
        yield name, f"entry {number} says {said}, entries up to it sum to {points}"


def _nobody_below_zero() -> Found:
    """People and campaigns have at least nothing; a debt is never more than repaid."""
    debt = Account.name.like("person/%/debt")
    owned = or_(Account.name.like("person/%"), Account.name.like("campaign/%"))
    wrong = or_(and_(debt, Account.balance > 0), and_(owned, not_(debt), Account.balance < 0))
    for name, points in db.session.execute(select(Account.name, Account.balance).where(wrong)):
        yield name, f"holds {points}"


def _one_award_per_cause() -> Found:
    """The ledger paid each cause as often as its award says, and took it back one time less, or as often if revoked."""
    paid = func.coalesce(func.sum(case((Transaction.kind == Kind.AWARD, 1), else_=0)), 0)
    taken = func.coalesce(func.sum(case((Transaction.kind == Kind.REVOKE, 1), else_=0)), 0)
    live = case((Award.state == AwardState.REVOKED, 0), else_=1)
    worth = Award.points_now + Award.points_held > 0
    wrong = (
        select(Award.cause_kind, Award.cause_id, Award.state, paid, taken)
        .outerjoin(
            Transaction,
            and_(Transaction.cause_kind == Award.cause_kind, Transaction.cause_id == Award.cause_id),
        )
        .where(worth)
        .group_by(Award.id)
        .having(paid - taken != live)
    )
    for kind, cause_id, state, times, back in db.session.execute(wrong):
        yield f"{kind}/{cause_id}", f"is {state}, was paid {times} times and taken back {back} times"
    unknown = select(Transaction.key).where(
        Transaction.kind == Kind.AWARD,
        ~select(literal(1))
        .where(Award.cause_kind == Transaction.cause_kind, Award.cause_id == Transaction.cause_id)
        .exists(),
    )
    for key in db.session.scalars(unknown):
        yield key, "paid something that has no award"


def _lots_hold_what_is_available() -> Found:
    """What is left in a person's lots is what the person can spend."""
    yield from _compare_people(
        "available", select(Lot.person_id, func.sum(Lot.left).label("points")).group_by(Lot.person_id), "lots hold"
    )


def _lot_is_what_was_taken() -> Found:
    """What is left of a lot is its amount without what was taken and not given back."""
    used = func.coalesce(func.sum(case((LotUse.restored.is_(False), LotUse.points), else_=0)), 0)
    wrong = (
        select(Lot.id, Lot.amount, Lot.left, used)
        .outerjoin(LotUse, LotUse.lot_id == Lot.id)
        .group_by(Lot.id)
        .having(Lot.left != Lot.amount - used)
    )
    for lot_id, amount, left, taken in db.session.execute(wrong):
        yield f"lot/{lot_id}", f"has {left} of {amount} left, {taken} were taken"


def _pending_is_what_awards_hold() -> Found:
    """A person's pending points are those of the awards that are held."""
    held = (
        select(Award.person_id, func.sum(Award.points_held).label("points"))
        .where(Award.state == AwardState.HELD)
        .group_by(Award.person_id)
    )
    yield from _compare_people("pending", held, "awards hold")


def _compare_people(part: str, per_person: Any, words: str) -> Found:
    """Accounts `part` against figures per person, both ways: a person on one side only is compared with zero."""
    figures = per_person.subquery()
    accounts = select(Account.name, Account.balance).where(Account.name.like(f"person/%/{part}")).subquery()
    name = literal("person/") + figures.c.person_id + literal(f"/{part}")
    points, balance = func.coalesce(figures.c.points, 0), func.coalesce(accounts.c.balance, 0)
    wrong = (
        select(func.coalesce(accounts.c.name, name), balance, points)
        .select_from(accounts)
        .join(figures, accounts.c.name == name, full=True)
        .where(balance != points)
    )
    for account, cached, found in db.session.execute(wrong):
        yield account, f"is {cached}, {words} {found}"


RULES: list[Rule] = [
    _transaction_balances,
    _content_is_what_was_booked,
    _cached_balance_is_the_sum,
    _balance_after_follows,
    _nobody_below_zero,
    _one_award_per_cause,
    _lots_hold_what_is_available,
    _lot_is_what_was_taken,
    _pending_is_what_awards_hold,
]


def also_audits(rule: Rule) -> Rule:
    """Register a rule of a room above, about what it alone can compare with the ledger."""
    if rule not in RULES:
        RULES.append(rule)
    return rule
