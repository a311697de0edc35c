"""A campaign's points: given once by the plan, reserved for places that somebody holds, given back when they don't."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from portal.extensions import db
from portal.points import ledger
from portal.points.ledger import Cause, InsufficientPoints, Posting
from portal.points.models import Entry, Kind, Transaction
from portal.points.postings import campaign_account, program_account


class BudgetExhausted(Exception):
    """The campaign has fewer points left than are needed."""

    def __init__(self, campaign_id: str, left: int, needed: int) -> None:
        super().__init__(campaign_id)
        self.campaign_id, self.left, self.needed = campaign_id, left, needed


class BudgetInUse(Exception):
    """The new total is below what is reserved and paid already; `least` is the lowest possible."""

    def __init__(self, campaign_id: str, least: int) -> None:
        super().__init__(campaign_id)
        self.campaign_id, self.least = campaign_id, least


class NothingReserved(Exception):
    """A cause gives back more than it has reserved."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(str(cause))
        self.cause = cause


def fund(campaign_id: str, points_total: int, *, now: datetime) -> None:
    """Make the campaign's budget over its whole life `points_total`. Safe to repeat. Raises BudgetInUse."""
    budget, issued = campaign_account(campaign_id, "budget"), program_account("issued")
    cause = Cause("campaign", campaign_id)
    ledger.hold([budget])
    given, times = _moved(cause, budget)
    if given == points_total:
        return
    more = points_total - given
    try:
        ledger.post(
            f"{cause}:fund:{times + 1}", Kind.BUDGET, cause,
            [Posting(issued, -more), Posting(budget, more)], now=now,
        )  # fmt: skip
    except InsufficientPoints:
        raise BudgetInUse(campaign_id, given - ledger.balance(budget)) from None


def left_of(campaign_ids: Sequence[str]) -> dict[str, int]:
    """Points that are neither reserved nor paid, of several campaigns, in one query."""
    accounts = {campaign_account(each, "budget"): each for each in campaign_ids}
    return {accounts[name]: points for name, points in ledger.balances(list(accounts)).items()}


def left(campaign_id: str) -> int:
    """Points that are neither reserved nor paid."""
    return ledger.balance(campaign_account(campaign_id, "budget"))


def reserve(cause: Cause, campaign_id: str, points: int, *, now: datetime) -> None:
    """Set `points` of the budget aside for `cause`.

    A movement of its own at each call: a claim that was handed in, taken back and goes on reserves again. That a claim
    reserves once for each of its steps is held by the change of state that the caller makes in the same transaction.
    Raises BudgetExhausted.
    """
    try:
        _between(cause, campaign_id, points, now=now)
    except InsufficientPoints:
        raise BudgetExhausted(campaign_id, left(campaign_id), points) from None


def release(cause: Cause, campaign_id: str, points: int, *, now: datetime) -> None:
    """Give `points` of what `cause` reserved back to the budget; a movement of its own at each call.

    Raises NothingReserved when the campaign's reservations don't hold that many.
    """
    try:
        _between(cause, campaign_id, -points, now=now)
    except InsufficientPoints:
        raise NothingReserved(cause) from None


def spend(cause: Cause, campaign_id: str, points: int, *, now: datetime) -> None:
    """Redeem `points` of the budget for something given away; no person's points move. Asked again, changes nothing.

    Raises BudgetExhausted.
    """
    budget, redeemed = campaign_account(campaign_id, "budget"), program_account("redeemed")
    try:
        ledger.post(
            f"{cause}:spend", Kind.REDEEM, cause, [Posting(budget, -points), Posting(redeemed, points)], now=now
        )
    except InsufficientPoints:
        raise BudgetExhausted(campaign_id, left(campaign_id), points) from None


def unspend(cause: Cause, campaign_id: str, points: int, *, now: datetime) -> None:
    """What `spend` took is in the budget again. Asked again, changes nothing."""
    budget, redeemed = campaign_account(campaign_id, "budget"), program_account("redeemed")
    ledger.post(f"{cause}:unspend", Kind.REFUND, cause, [Posting(redeemed, -points), Posting(budget, points)], now=now)


def _between(cause: Cause, campaign_id: str, points: int, *, now: datetime) -> None:
    """Move `points` from the budget to what is reserved; below zero, the other way."""
    if points == 0:
        return
    budget, reserved = campaign_account(campaign_id, "budget"), campaign_account(campaign_id, "reserved")
    ledger.hold([budget])
    _points, times = _moved(cause, budget)
    ledger.post(
        f"{cause}:budget:{times + 1}", Kind.BUDGET, cause,
        [Posting(budget, -points), Posting(reserved, points)], now=now,
    )  # fmt: skip


def _moved(cause: Cause, account: str) -> tuple[int, int]:
    """Points that movements of `cause` added to `account`, and how many movements did. Leans on the index of causes."""
    mine = (
        select(func.coalesce(func.sum(Entry.amount), 0), func.count())
        .join(Transaction, Transaction.id == Entry.transaction_id)
        .where(
            Transaction.cause_kind == cause.kind,
            Transaction.cause_id == cause.id,
            Entry.account_name == account,
        )
    )
    points, times = db.session.execute(mine).one()
    return int(points), int(times)
