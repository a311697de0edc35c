"""The line for a reward that is gone: who comes first is first, and gets one held for a day.

One is held by taking it out of the stock, so nobody else can have it; redeeming puts it back and takes it in the same
transaction. All of it happens while the reward's row is locked, in the transaction in which something came back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, Select, String, bindparam, func, literal_column, or_, select, update

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import clock, events, jobs
from portal.kernel.changing import rows_changed
from portal.kernel.rows import rows_of
from portal.points.tiers import stands
from portal.rewards import who_may
from portal.rewards.events import HoldMissed, LineClosed, PlaceHeld
from portal.rewards.kind_models import ENDS_AT, Event, RewardVariant
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardState
from portal.rewards.refusals import LimitReached, RedemptionRefused
from portal.rewards.waiting_models import Wait, WaitState

W = WaitState
HELD_FOR = timedelta(hours=24)
OVER = "reward_hold_over"
LIVE: ColumnElement[bool] = literal_column("reward_wait.state IN ('waiting', 'held')")
"""As the partial index says it."""


class NothingToWaitFor(RedemptionRefused):
    title = lazy_gettext("It is there")

    def __init__(self) -> None:
        super().__init__(lazy_gettext("There is one in stock, so nobody has to wait. Have a look at it again."))


def join(reward: Reward, person: Person, *, variant_id: str | None = None, now: datetime) -> Wait:
    """Stand in line, for the sort `variant_id` if the reward has it, or for any. Asked again, the place stays.

    Whoever could not have it keeps it from nobody. Raises NothingToWaitFor while one is in stock, LimitReached, and
    what `who_may.refusal` finds.
    """
    hold_row(reward)
    mine = wait_of(person.id, reward.id)
    if mine is not None:
        return mine
    if (refused := who_may.refusal(reward, person, stands(person.id), now=now)) is not None:
        raise refused
    if _count_of(person.id, reward.id) >= reward.per_person_max:
        raise LimitReached(reward)
    variant = db.session.get(RewardVariant, variant_id, populate_existing=True) if variant_id else None
    if variant is not None and variant.reward_id != reward.id:
        variant = None
    there = variant.stock if variant is not None else reward.stock
    if there or reward.is_unlimited or reward.state not in (RewardState.LISTED, RewardState.PAUSED):
        raise NothingToWaitFor
    wait = Wait(reward_id=reward.id, variant_id=variant.id if variant else None, person_id=person.id, joined_at=now)
    db.session.add(wait)
    db.session.flush()
    return wait


def leave(reward: Reward, person: Person, *, now: datetime) -> None:
    """Wait no longer; what was held for them goes to the next. Safe to repeat."""
    hold_row(reward)
    wait = wait_of(person.id, reward.id)
    if wait is not None:
        _end(wait, W.LEFT, now=now)


def length(reward_id: str) -> int:
    """How many wait for it and have nothing held yet. Leans on `ix_reward_wait_line`."""
    waits: ColumnElement[bool] = literal_column("reward_wait.state = 'waiting'")  # as its index says
    return db.session.scalar(select(func.count()).select_from(Wait).where(waits, Wait.reward_id == reward_id)) or 0


def take_held(reward: Reward, person: Person, *, now: datetime) -> bool:
    """Put what is held for `person` back into the stock, for the redemption that takes it next; was something held?"""
    wait = wait_of(person.id, reward.id)
    if wait is None:
        return False
    hold_row(reward)
    db.session.refresh(wait, with_for_update=True)
    if wait.state != W.HELD or wait.held_until is None or wait.held_until <= now:
        return False
    _into_stock(wait)
    wait.state, wait.held_until = W.TAKEN, None
    db.session.flush()
    return True


def pass_on(reward_id: str, *, now: datetime) -> None:
    """Hold what is in stock for those who wait for it, in their order. The caller holds the reward's row.

    Nothing is held of a reward that is not listed, or whose time is over: nobody could come for it. Listing it again
    passes on.
    """
    while (wait := _first(reward_id, now)) is not None and _out_of_stock(wait):
        wait.state, wait.held_until = W.HELD, now + HELD_FOR
        db.session.flush()
        jobs.schedule(OVER, wait.id, due_at=wait.held_until)
        events.record(PlaceHeld(wait.id, reward_id, wait.person_id, wait.held_until.isoformat()))


def close(reward_id: str, *, now: datetime) -> None:
    """Nobody waits for it any more, and everybody who did is told. The caller holds the row of the retired reward."""
    line = select(Wait).where(Wait.reward_id == reward_id, LIVE).order_by(Wait.id).with_for_update(of=Wait)
    for wait in db.session.scalars(line).all():
        _end(wait, W.CLOSED, now=now)
        events.record(LineClosed(wait.id, reward_id, wait.person_id))


@jobs.in_transaction(OVER)
def end_hold(lease: jobs.Lease) -> None:
    """Nobody came for it: the next in line gets it, and who missed it is told.

    Who could not come, as the reward is paused, keeps their place.
    """
    wait, now = db.session.get(Wait, lease.key), clock.now()
    reward = db.session.get(Reward, wait.reward_id) if wait else None
    if wait is None or reward is None:
        return
    hold_row(reward)
    db.session.refresh(wait, with_for_update=True)
    if wait.state == W.HELD and wait.held_until is not None and wait.held_until <= now:
        _end(wait, W.WAITING if reward.state == RewardState.PAUSED else W.MISSED, now=now)
        if wait.state == W.MISSED:
            events.record(HoldMissed(wait.id, wait.reward_id, wait.person_id))


def wait_of(person_id: str, reward_id: str) -> Wait | None:
    """The person's live place in the line. Leans on `one_wait_per_person`."""
    mine = select(Wait).where(Wait.person_id == person_id, Wait.reward_id == reward_id, LIVE)
    return db.session.scalar(mine)


def ahead_of(wait: Wait) -> int:
    """How many stand in front. Leans on `ix_reward_wait_line`."""
    line: ColumnElement[bool] = literal_column("reward_wait.state = 'waiting'")
    before = or_(Wait.joined_at < wait.joined_at, (Wait.joined_at == wait.joined_at) & (Wait.id < wait.id))
    counted = select(func.count()).select_from(Wait).where(Wait.reward_id == wait.reward_id, line, before)
    return db.session.scalar(counted) or 0


def held_for(person_id: str, reward_ids: Sequence[str], *, now: datetime) -> set[str]:
    """Of `reward_ids`, those of which one is held for the person."""
    return set(rows_of(_held(), {"waiter_id": person_id, "reward_ids": reward_ids, "now": now}).scalars())


@cache
def _held() -> Select[str]:
    """Put together once: the catalogue and every reward's page ask this."""
    return select(Wait.reward_id).where(
        Wait.person_id == bindparam("waiter_id", type_=String),
        Wait.reward_id.in_(bindparam("reward_ids", expanding=True)),
        LIVE, Wait.held_until > bindparam("now", type_=Wait.held_until.type),
    )  # fmt: skip


def hold_row(reward: Reward) -> None:
    """Lock the reward's row until the transaction ends, and read it anew."""
    held = select(Reward).where(Reward.id == reward.id).with_for_update(of=Reward)
    db.session.scalars(held.execution_options(populate_existing=True)).one()


def _count_of(person_id: str, reward_id: str) -> int:
    """How many of it the person has. Leans on `ix_redemption_person`."""
    theirs = (Redemption.person_id == person_id, Redemption.reward_id == reward_id)
    stands_yet = Redemption.state.not_in((RedemptionState.CANCELLED, RedemptionState.FAILED))
    return db.session.scalar(select(func.count()).where(*theirs, stands_yet)) or 0


def _first(reward_id: str, now: datetime) -> Wait | None:
    """Who is next among those who wait for something that is there."""
    line: ColumnElement[bool] = literal_column("reward_wait.state = 'waiting'")
    there = or_(Wait.variant_id.is_(None), RewardVariant.stock > 0)
    query = (
        select(Wait)
        .join(Person, Person.id == Wait.person_id)
        .join(Reward, (Reward.id == Wait.reward_id) & (Reward.state == RewardState.LISTED))
        .outerjoin(RewardVariant, RewardVariant.id == Wait.variant_id)
        .outerjoin(Event, Event.reward_id == Wait.reward_id)
        .where(Wait.reward_id == reward_id, line, there, Person.state == PersonState.ACTIVE)
        .where(or_(ENDS_AT.is_(None), now < ENDS_AT))
        .order_by(Wait.joined_at, Wait.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(query)


def _out_of_stock(wait: Wait) -> bool:
    one_less = update(Reward).where(Reward.id == wait.reward_id, Reward.stock > 0).values(stock=Reward.stock - 1)
    if not rows_changed(one_less):
        return False
    if wait.variant_id is not None:
        of_sort = update(RewardVariant).where(RewardVariant.id == wait.variant_id)
        rows_changed(of_sort.values(stock=RewardVariant.stock - 1))
    return True


def _into_stock(wait: Wait) -> None:
    rows_changed(update(Reward).where(Reward.id == wait.reward_id).values(stock=Reward.stock + 1))
    if wait.variant_id is not None:
        of_sort = update(RewardVariant).where(RewardVariant.id == wait.variant_id)
        rows_changed(of_sort.values(stock=RewardVariant.stock + 1))


def _end(wait: Wait, how: WaitState, *, now: datetime) -> None:
    was_held = wait.state == W.HELD
    if was_held:
        _into_stock(wait)
    wait.state, wait.held_until = how, None
    db.session.flush()
    if was_held:
        pass_on(wait.reward_id, now=now)
