"""Wishes: what somebody saves for, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.points.models import Account
from portal.rewards import queries
from portal.rewards.events import WishWithinReach
from portal.rewards.models import Reward, RewardState, TierPrice
from portal.rewards.waiting_models import Wish

WISHES_MAX = 30
LOOK_AT_SOME = "look_at_some_wishes"
AT_ONCE = 200


def wish(reward: Reward, person: Person, *, now: datetime) -> bool:
    """Put it on the person's list; False when the list is full. Safe to repeat."""
    if is_wished(person.id, reward.id):
        return True
    if len(wishes_of(person.id)) >= WISHES_MAX:
        return False
    told_at = now if _can_have(person, reward.id) else None  # who can have it already sees that
    db.session.add(Wish(person_id=person.id, reward_id=reward.id, added_at=now, told_at=told_at))
    db.session.flush()
    return True


@jobs.every(timedelta(hours=1), "look_at_wishes")
def look_at_wishes(_lease: jobs.Lease) -> None:
    """Who can have by now what they wish for is told so, once, by jobs of their own, some wishes at a time."""
    jobs.schedule(LOOK_AT_SOME, "all", {"after": ["", ""]}, due_at=clock.now())


@jobs.in_transaction(LOOK_AT_SOME)
def look_at_some(lease: jobs.Lease) -> None:
    """Leans on `ix_reward_wish_untold`; a wish whose owner has too few points costs no more than its row."""
    now, after = clock.now(), lease.payload["after"]
    untold: ColumnElement[bool] = literal_column("reward_wish.told_at IS NULL")
    lowest = select(func.min(TierPrice.price_points)).where(TierPrice.reward_id == Reward.id).scalar_subquery()
    within_reach = or_(Reward.price_points <= Account.balance, lowest <= Account.balance)
    query = (
        select(Wish)
        .join(Reward, Reward.id == Wish.reward_id)
        .join(Account, Account.name == literal("person/") + Wish.person_id + literal("/available"))
        .where(untold, tuple_(Wish.person_id, Wish.reward_id) > tuple_(*after), within_reach)
        .order_by(Wish.person_id, Wish.reward_id)
        .limit(AT_ONCE)
    )
    wishes = db.session.scalars(query).all()
    for wish in wishes:
        if _can_have(db.session.get_one(Person, wish.person_id), wish.reward_id):
            wish.told_at = now
            events.record(WishWithinReach(wish.reward_id, wish.person_id, now.isoformat()))
    if len(wishes) == AT_ONCE:
        jobs.schedule(LOOK_AT_SOME, lease.key, {"after": [wishes[-1].person_id, wishes[-1].reward_id]}, due_at=now)


def _can_have(person: Person, reward_id: str) -> bool:
    offer = queries.offer_to(person, reward_id)
    return offer is not None and offer.can_have_now and person.state == PersonState.ACTIVE


def unwish(reward: Reward, person: Person) -> None:
    """Take it off. Safe to repeat."""
    db.session.execute(delete(Wish).where(Wish.person_id == person.id, Wish.reward_id == reward.id))


def is_wished(person_id: str, reward_id: str) -> bool:
    return db.session.get(Wish, (person_id, reward_id)) is not None


def how_many_wish(reward_ids: Sequence[str]) -> dict[str, int]:
    """By reward, how many people save for it. Leans on `ix_reward_wish_reward_id`."""
    counted = select(Wish.reward_id, func.count().label("times")).where(Wish.reward_id.in_(reward_ids))
    return {row.reward_id: row.times for row in db.session.execute(counted.group_by(Wish.reward_id))}


def wishes_of(person_id: str) -> Sequence[Wish]:
    """What can still be had of it, the nearest first. Leans on the primary key."""
    mine = (
        select(Wish)
        .join(Reward, Reward.id == Wish.reward_id)
        .where(Wish.person_id == person_id, Reward.state.in_((RewardState.LISTED, RewardState.PAUSED)))
        .options(joinedload(Wish.reward).selectinload(Reward.tier_price_rows))
        .order_by(Reward.price_points, Reward.id)
    )
    return db.session.scalars(mine).all()
