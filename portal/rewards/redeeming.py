"""Getting a reward for points: stock, points, code and redemption in one transaction, or none of them.

The reward's row decides first: one conditional UPDATE takes one from the stock where it is listed, in stock and at the
price that was shown. It also puts everybody who wants the same reward in one line, so that counting what a person has
already can't be outrun. Then points, then the code; every verb here locks in that order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import events
from portal.points import spending
from portal.points.ledger import Cause
from portal.rewards.events import RedemptionCancelled, RewardReady
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardState
from portal.rewards.refusals import (
    CancellationRefused,
    LimitReached,
    NotRevealable,
    OutOfStock,
    PersonPaused,
    PriceChanged,
    RedemptionRefused,
    RewardPaused,
    TooFewPoints,
)

UNDO_FOR = timedelta(minutes=10)
GIVEN_BACK = (RedemptionState.CANCELLED, RedemptionState.FAILED)


def redeem(reward: Reward, person: Person, *, now: datetime, price_points_seen: int | None = None) -> Redemption:
    """Give `person` one of `reward` for its price, which must be the one that was shown.

    Raises PersonPaused, RewardPaused, OutOfStock, PriceChanged, LimitReached, TooFewPoints; the caller's transaction
    rolls back.
    """
    if person.state != PersonState.ACTIVE:
        raise PersonPaused(reward)
    price_points = reward.price_points if price_points_seen is None else price_points_seen
    _take_one(reward, price_points)
    if _had_by(person.id, reward.id) >= reward.per_person_max:
        raise LimitReached(reward)
    redemption = Redemption(
        reward_id=reward.id, person_id=person.id, price_points=price_points, reserved_at=now, state_changed_at=now,
        state=RedemptionState.RESERVED,
    )  # fmt: skip
    db.session.add(redemption)
    db.session.flush()
    try:
        spending.reserve(_cause(redemption), person.id, price_points, now=now)
    except spending.NotEnoughPoints as short:
        raise TooFewPoints(reward, missing=short.needed - short.available) from short
    fulfilment = fulfilment_of(reward.kind)
    fulfilment.reserve(redemption, now=now)
    state = fulfilment.fulfil(redemption, now=now)
    if state == RedemptionState.FULFILLED:
        spending.redeem(_cause(redemption), person.id, price_points, now=now)
        _move(redemption, state, now=now)
        events.record(RewardReady(redemption.id, reward.id, person.id))
    return redemption


def cancel(redemption: Redemption, *, now: datetime) -> None:
    """Undo it within ten minutes while its code was not shown: points, stock and code go back where they were.

    Raises CancellationRefused.
    """
    undone = db.session.scalar(
        update(Redemption)
        .where(
            Redemption.id == redemption.id,
            Redemption.state == RedemptionState.FULFILLED,
            Redemption.revealed_at.is_(None),
            Redemption.fulfilled_at > now - UNDO_FOR,
        )
        .values(state=RedemptionState.CANCELLED, state_changed_at=now, fulfilled_at=None)
        .returning(Redemption.id)
        .execution_options(synchronize_session=False)
    )
    if undone is None:
        raise CancellationRefused(redemption)
    db.session.refresh(redemption)
    db.session.execute(
        update(Reward)
        .where(Reward.id == redemption.reward_id)
        .values(stock=Reward.stock + 1)
        .execution_options(synchronize_session=False)
    )
    spending.give_back(_cause(redemption), redemption.person_id, redemption.price_points, now=now)
    fulfilment_of(redemption.reward.kind).cancel(redemption, now=now)
    events.record(RedemptionCancelled(redemption.id, redemption.reward_id, redemption.person_id))


def can_be_undone_until(redemption: Redemption) -> datetime | None:
    """Until when `cancel` is offered; None when it is not."""
    if redemption.state != RedemptionState.FULFILLED or redemption.revealed_at or not redemption.fulfilled_at:
        return None
    return redemption.fulfilled_at + UNDO_FOR


def reveal(redemption: Redemption, *, now: datetime) -> None:
    """The owner wants to see the code: from now on it can't be given back. Safe to repeat. Raises NotRevealable."""
    seen = db.session.scalar(
        update(Redemption)
        .where(Redemption.id == redemption.id, Redemption.state == RedemptionState.FULFILLED)
        .values(revealed_at=func.coalesce(Redemption.revealed_at, now))
        .returning(Redemption.id)
        .execution_options(synchronize_session=False)
    )
    if seen is None:
        raise NotRevealable(redemption)
    db.session.refresh(redemption)


def _take_one(reward: Reward, price_points: int) -> None:
    """One less in stock, if it is there at that price; else say why not."""
    taken = db.session.scalar(
        update(Reward)
        .where(
            Reward.id == reward.id,
            Reward.state == RewardState.LISTED,
            Reward.stock > 0,
            Reward.price_points == price_points,
        )
        .values(stock=Reward.stock - 1)
        .returning(Reward.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(reward)
    if taken is None:
        raise _why_not(reward)


def _why_not(reward: Reward) -> RedemptionRefused:
    if reward.state != RewardState.LISTED:
        return RewardPaused(reward)
    return OutOfStock(reward) if reward.stock == 0 else PriceChanged(reward)


def _had_by(person_id: str, reward_id: str) -> int:
    mine = select(func.count()).where(
        Redemption.person_id == person_id,
        Redemption.reward_id == reward_id,
        Redemption.state.not_in(GIVEN_BACK),
    )
    return db.session.scalar(mine) or 0


def _move(redemption: Redemption, to: RedemptionState, *, now: datetime) -> None:
    redemption.state, redemption.state_changed_at = to, now
    if to == RedemptionState.FULFILLED:
        redemption.fulfilled_at = now
    db.session.flush()


def _cause(redemption: Redemption) -> Cause:
    return Cause("redemption", redemption.id)
