"""Wishes: what somebody saves for, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.extensions import db
from portal.rewards.models import Reward, RewardState
from portal.rewards.waiting_models import Wish

WISHES_MAX = 30


def wish(reward: Reward, person: Person, *, now: datetime) -> bool:
    """Put it on the person's list; False when the list is full. Safe to repeat."""
    if is_wished(person.id, reward.id):
        return True
    if len(wishes_of(person.id)) >= WISHES_MAX:
        return False
    db.session.add(Wish(person_id=person.id, reward_id=reward.id, added_at=now))
    db.session.flush()
    return True


def unwish(reward: Reward, person: Person) -> None:
    """Take it off. Safe to repeat."""
    db.session.execute(delete(Wish).where(Wish.person_id == person.id, Wish.reward_id == reward.id))


def is_wished(person_id: str, reward_id: str) -> bool:
    return db.session.get(Wish, (person_id, reward_id)) is not None


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
