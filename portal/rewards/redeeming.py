"""Getting a reward for points: stock, points, what the kind takes and redemption in one transaction, or none of them.

The reward's row decides first: one conditional UPDATE takes one from the stock where it is listed and in stock. It also
puts everybody who wants the same reward, and whoever changes it, in one line: what is read then, its price for this
person and how many they have, holds until the transaction ends. What follows is the kind's to say (`fulfilment`), and
every step goes through `steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.audit import audit
from portal.kernel.base import new_id, table_of
from portal.kernel.rows import follow, rows_of
from portal.points import budgets, spending
from portal.points.tiers import stands
from portal.rewards import problems, steps, who_may
from portal.rewards.fulfilment import HOLD_FOR_PAYMENT, Next, Undo, fulfilment_of
from portal.rewards.kind_models import Gift, RewardVariant
from portal.rewards.models import GIVEN_BACK, Redemption, RedemptionState, Reward, RewardState, TierPrice
from portal.rewards.problem_models import ProblemState
from portal.rewards.refusals import (
    CancellationRefused,
    LimitReached,
    NotRevealable,
    OutOfStock,
    PersonPaused,
    PriceChanged,
    RewardPaused,
    TierTooLow,
    TooFewPoints,
)
from portal.rewards.tier_terms import own_price
from portal.rewards.variants import take_variant, tell_of_few
from portal.rewards.waiting import LIVE, pass_on, take_held
from portal.rewards.waiting_models import Wait

FULFIL = "fulfil_redemption"
COMES_TO = {
    Next.DONE: RedemptionState.FULFILLED, Next.WORK: RedemptionState.APPROVED, Next.STAFF: RedemptionState.APPROVED,
    Next.PAYMENT: RedemptionState.AWAITING_PAYMENT,
}  # fmt: skip
"""How far a new redemption comes at once, by what comes after it."""
PAYMENT_OVERDUE = "redemption_payment_overdue"


def redeem(
    reward: Reward,
    person: Person,
    *,
    now: datetime,
    price_points_seen: int | None = None,
    cash_minor_seen: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> Redemption:
    """Give `person` one of `reward` for their own price, which must be the one that was shown, in points and in money.

    `details` are the valid answers to the kind's `details_form`. Raises PersonPaused, RewardPaused, OutOfStock,
    PriceChanged, NotForYou, TierTooLow, NotNow, LimitReached, TooFewPoints; the caller's transaction rolls back.
    """
    known = _take_one(reward, person, now=now)
    here = stands(person.id)
    price_points = own_price(reward, here, tier_prices=known.tier_prices).points
    if price_points_seen not in (None, price_points) or cash_minor_seen not in (None, reward.cash_minor):
        raise PriceChanged(reward)
    if (refused := who_may.refusal(reward, person, here, now=now)) is not None:
        raise refused
    redemption = _ordered(reward, person, price_points, details or {}, known, now=now)
    following = fulfilment_of(reward.kind).next_step(redemption)
    pay = spending.spend if following == Next.DONE else spending.reserve
    try:
        pay(steps.cause_of(redemption), person.id, price_points, now=now)
    except spending.NotEnoughPoints as short:
        raise TooFewPoints(reward, missing=short.needed - short.available) from short
    _begin(redemption, following, details or {}, actor_id=person.id, now=now)
    return redemption


def give(reward: Reward, person: Person, *, campaign_id: str, why: str, actor: Person, now: datetime) -> Redemption:
    """Staff give `person` one of `reward`, whatever the person's points and tier: a season's budget pays its price.

    Raises what `redeem` does but TooFewPoints and TierTooLow, and points.BudgetExhausted.
    """
    known = _take_one(reward, person, now=now)
    refused = who_may.refusal(reward, person, stands(person.id), now=now)
    if refused is not None and not isinstance(refused, TierTooLow):
        raise refused
    redemption = _ordered(reward, person, 0, {}, known, now=now)
    following = fulfilment_of(reward.kind).next_step(redemption)
    budgets.spend(steps.cause_of(redemption), campaign_id, reward.price_points, now=now)
    _begin(redemption, following, {}, actor_id=actor.id, now=now, code="given", message=why)
    db.session.add(
        Gift(
            redemption_id=redemption.id, campaign_id=campaign_id, worth_points=reward.price_points,
            given_by_id=actor.id,
        )
    )  # fmt: skip
    db.session.flush()
    return redemption


def _ordered(
    reward: Reward, person: Person, price_points: int, details: Mapping[str, Any], known: _Known, *, now: datetime
) -> Redemption:
    """The redemption of one that was taken for `person`: not written down, as its points are not taken yet."""
    if known.had >= reward.per_person_max:
        raise LimitReached(reward)
    chosen = details.get("variant")
    variant_id = take_variant(reward, chosen) if known.has_sorts or chosen else None
    if variant_id is not None:  # whoever had another sort held leaves that one to the next in line
        pass_on(reward.id, now=now)
    return Redemption(
        id=new_id(), reward=reward, reward_id=reward.id, person_id=person.id, price_points=price_points,
        state=RedemptionState.RESERVED, variant_id=variant_id,
    )  # fmt: skip


def _begin(
    redemption: Redemption,
    following: Next,
    details: Mapping[str, Any],
    *,
    actor_id: str,
    now: datetime,
    code: str = "",
    message: str = "",
) -> None:
    """Write it down as far as it comes at once, take what its kind takes, and schedule what comes later."""
    until = now + HOLD_FOR_PAYMENT if following == Next.PAYMENT else None
    steps.begin(
        redemption, COMES_TO[following], actor_id=actor_id, now=now, code=code, message=message, awaits_until=until
    )
    fulfilment_of(redemption.reward.kind).reserve(redemption, details, now=now)
    if until is not None:
        jobs.schedule_new(PAYMENT_OVERDUE, {redemption.id: {}}, due_at=until)
    elif following == Next.WORK:
        jobs.schedule_new(FULFIL, {redemption.id: {}}, due_at=now)


def payment_arrived(redemption: Redemption, *, now: datetime) -> None:
    """The rest is paid: go on with it. Heard again, nothing more happens.

    Raises steps.IllegalMove for one that was given back already: whoever hears of the payment must return it.
    """
    steps.hold(redemption)
    if redemption.state in (RedemptionState.APPROVED, RedemptionState.FULFILLED):
        return
    steps.move(redemption, RedemptionState.APPROVED, actor_id=None, now=now, code="paid")
    _go_on(redemption, now=now)


def make_again(redemption: Redemption, *, actor: Person, now: datetime, code: str, message: str) -> None:
    """Somebody of the staff has it made or sent once more, for the same points. Raises steps.IllegalMove."""
    steps.move(redemption, RedemptionState.APPROVED, actor_id=actor.id, now=now, code=code, message=message)
    _go_on(redemption, now=now)


def cancel(redemption: Redemption, *, now: datetime) -> None:
    """Its owner gives it back while nothing was sent: points, stock and what the kind took go back where they were.

    Raises CancellationRefused.
    """
    steps.hold(redemption)
    undo = fulfilment_of(redemption.reward.kind).undo(redemption)
    if undo is None or (undo.until is not None and undo.until <= now):
        raise CancellationRefused(redemption)
    steps.move(redemption, RedemptionState.CANCELLED, actor_id=redemption.person_id, now=now)
    problems.settle(redemption, ProblemState.OVER, now=now)
    jobs.cancel(PAYMENT_OVERDUE, redemption.id)


def can_be_undone(redemption: Redemption, *, now: datetime) -> Undo | None:
    """Whether `cancel` is offered, and until when."""
    undo = fulfilment_of(redemption.reward.kind).undo(redemption)
    return undo if undo is not None and (undo.until is None or undo.until > now) else None


def reveal(redemption: Redemption, *, now: datetime) -> None:
    """The owner wants to see the code: from now on it can't be given back. Safe to repeat. Raises NotRevealable.

    The first time stands in the audit trail: who says that a code never worked has seen it, or has not.
    """
    first = db.session.scalar(
        update(Redemption)
        .where(
            Redemption.id == redemption.id,
            Redemption.state == RedemptionState.FULFILLED,
            Redemption.revealed_at.is_(None),
        )
        .values(revealed_at=now)
        .returning(Redemption.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(redemption)
    if redemption.state != RedemptionState.FULFILLED:
        raise NotRevealable(redemption)
    if first is not None:
        audit(
            "redemption.code_shown", ("redemption", redemption.id), actor_id=redemption.person_id,
            why="Its owner asked to see it",
        )  # fmt: skip


def _go_on(redemption: Redemption, *, now: datetime) -> None:
    """Do what comes next for a redemption that is approved, because it is paid or made again."""
    following = fulfilment_of(redemption.reward.kind).next_step(redemption)
    if following == Next.DONE:
        steps.move(redemption, RedemptionState.FULFILLED, actor_id=None, now=now)
    elif following == Next.WORK:
        jobs.schedule(FULFIL, redemption.id, due_at=now)


@dataclass(frozen=True)
class _Known:
    """What decides about somebody's redemption of a reward, read while its row is held."""

    had: int
    """How many the person has already."""
    waits: bool
    """Whether they stand in line for it."""
    has_sorts: bool
    tier_prices: Mapping[int, int]


def _take_one(reward: Reward, person: Person, *, now: datetime) -> _Known:
    """One less in stock for somebody active, if it is there; else say why not. From here on its row is held.

    Gives what is known of the person and this reward then.
    """
    if person.state != PersonState.ACTIVE:
        raise PersonPaused(reward)
    if not _one_less(reward) and not (take_held(reward, person, now=now) and _one_less(reward)):
        db.session.refresh(reward)
        raise RewardPaused(reward) if reward.state != RewardState.LISTED else OutOfStock(reward)
    known = _known_of(person.id, reward.id)
    if known.waits:
        take_held(reward, person, now=now)
    return known


def _one_less(reward: Reward) -> bool:
    """One less in stock, if it is there; the reward as it is from then on."""
    row = rows_of(_taking(), {"reward_asked": reward.id}).one_or_none()
    if row is None:
        return False
    follow(reward, row)
    tell_of_few(reward)
    return True


def _known_of(person_id: str, reward_id: str) -> _Known:
    """Asked once the reward's row is ours.

    Leans on `ix_redemption_reward`, `one_wait_per_person`, `uq_reward_variant_reward_id_name` and a primary key.
    """
    rows = rows_of(_knowing(), {"person_asked": person_id, "reward_asked": reward_id}).all()
    tier_prices = {row.rank: row.price_points for row in rows if row.rank is not None}
    return _Known(rows[0].had, rows[0].waits, rows[0].has_sorts, tier_prices)


# Statements are put together once: everybody who redeems asks these.


@cache
def _taking() -> Any:
    reward = table_of(Reward)
    mine = reward.c.id == bindparam("reward_asked", type_=String)
    # As a partial index says it: SQLite would plan anew for each value.
    listed: ColumnElement[bool] = literal_column("reward.state = 'listed'")
    there = or_(reward.c.is_unlimited, reward.c.stock > 0)
    less = case((reward.c.is_unlimited, reward.c.stock), else_=reward.c.stock - 1)
    return update(reward).where(mine, listed, there).values(stock=less).returning(*reward.c)


@cache
def _knowing() -> Select[int, bool, bool, int | None, int | None]:
    """One row for each price of a tier, one at least."""
    person, reward = bindparam("person_asked", type_=String), bindparam("reward_asked", type_=String)
    kept = and_(*(Redemption.state != state for state in GIVEN_BACK))  # a list would be spelt out at each asking
    had = select(func.count()).where(Redemption.person_id == person, Redemption.reward_id == reward, kept)
    waits = select(Wait.id).where(Wait.person_id == person, Wait.reward_id == reward, LIVE)
    sorts = select(RewardVariant.id).where(RewardVariant.reward_id == reward)
    always = select(literal(1).label("one")).subquery()
    return (
        select(
            had.scalar_subquery().label("had"), waits.exists().label("waits"), sorts.exists().label("has_sorts"),
            TierPrice.rank, TierPrice.price_points,
        )
        .select_from(always)
        .outerjoin(TierPrice, TierPrice.reward_id == reward)
    )  # fmt: skip
