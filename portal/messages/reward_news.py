"""What became of redemptions, lines and wishes, told to whose they are; of stock that runs low, to staff."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.accounts.models import StaffRole
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import PERMISSIONS, Permission, Role
from portal.kernel.events import listens_to
from portal.messages.telling import take_back, tell
from portal.messages.topics import Topic
from portal.rewards.events import (
    HoldMissed,
    LineClosed,
    LowStock,
    ParcelCameBack,
    ParcelSent,
    PaymentReturned,
    PlaceHeld,
    ProblemAnswered,
    RedemptionCancelled,
    RedemptionFailed,
    RewardReady,
    SortGone,
    WishWithinReach,
)
from portal.rewards.kind_models import RewardVariant
from portal.rewards.models import Redemption, Reward
from portal.rewards.problem_models import Problem
from portal.rewards.queries import code_of_end, said_at


@listens_to(RewardReady, name="messages.tell_of_reward")
def tell_of_reward(happened: RewardReady) -> None:
    """Says that it is there and where, and of a gift why; the code stays on its page."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        given = said_at(happened.redemption_id, "given")
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "given": given}
        tell(happened.person_id, Topic.REWARD_READY, details, event_id=happened.redemption_id, now=clock.now())


@listens_to(ParcelSent, name="messages.tell_of_parcel")
def tell_of_parcel(happened: ParcelSent) -> None:
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "carrier": happened.carrier,
                   "tracking": happened.tracking, "changed": bool(happened.changed_at)}  # fmt: skip
        event_id = f"{happened.redemption_id}:{happened.changed_at or happened.tracking}"[:80]
        tell(happened.person_id, Topic.REWARD_SENT, details, event_id=event_id, now=clock.now())


@listens_to(ParcelCameBack, name="messages.tell_of_returned_parcel")
def tell_of_returned_parcel(happened: ParcelCameBack) -> None:
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        why = said_at(happened.redemption_id, "returned")
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "came_back": why}
        event_id = f"{happened.redemption_id}:{happened.at}"[:80]
        tell(happened.person_id, Topic.REWARD_SENT, details, event_id=event_id, now=clock.now())


@listens_to(RedemptionCancelled, RedemptionFailed, name="messages.take_reward_back")
def take_reward_back(happened: RedemptionCancelled | RedemptionFailed) -> None:
    """Its owner knows of what they undid themselves; of anything else they hear, with the reason."""
    take_back(happened.person_id, happened.redemption_id)
    redemption = db.session.get(Redemption, happened.redemption_id)
    if redemption is None or getattr(happened, "by_owner", False):
        return
    details = {"redemption_id": redemption.id, "reward": redemption.reward.name, "why": redemption.reason,
               "code": code_of_end(redemption.id), "gift": not redemption.price_points}  # fmt: skip
    event_id = f"{redemption.id}:back"
    tell(happened.person_id, Topic.REWARD_GIVEN_BACK, details, event_id=event_id, now=clock.now())


@listens_to(PaymentReturned, name="messages.tell_of_money")
def tell_of_money(happened: PaymentReturned) -> None:
    """What was paid for something that was given back."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "why": "", "code": "money_back"}
        event_id = f"{happened.redemption_id}:money"
        tell(happened.person_id, Topic.REWARD_GIVEN_BACK, details, event_id=event_id, now=clock.now())


@listens_to(ProblemAnswered, name="messages.tell_of_answer")
def tell_of_answer(happened: ProblemAnswered) -> None:
    problem, reward = db.session.get(Problem, happened.problem_id), db.session.get(Reward, happened.reward_id)
    if problem is not None and reward is not None:
        details = {"redemption_id": happened.redemption_id, "reward": reward.name, "why": problem.answer}
        tell(happened.person_id, Topic.PROBLEM_ANSWERED, details, event_id=problem.id, now=clock.now())


@listens_to(PlaceHeld, name="messages.tell_of_held_place")
def tell_of_held_place(happened: PlaceHeld) -> None:
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"reward_id": reward.id, "reward": reward.name, "until": happened.until}
        tell(happened.person_id, Topic.REWARD_HELD, details, event_id=happened.wait_id, now=clock.now())


@listens_to(HoldMissed, name="messages.tell_of_missed_hold")
def tell_of_missed_hold(happened: HoldMissed) -> None:
    """In the inbox alone: what was kept for them is gone already."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        details = {"reward_id": reward.id, "reward": reward.name}
        tell(happened.person_id, Topic.HOLD_MISSED, details, event_id=happened.wait_id, now=clock.now())


@listens_to(LineClosed, name="messages.tell_of_closed_line")
def tell_of_closed_line(happened: LineClosed) -> None:
    """In the inbox alone: there is nothing to hurry for."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        tell(happened.person_id, Topic.LINE_CLOSED, {"reward": reward.name}, event_id=happened.wait_id, now=clock.now())


@listens_to(WishWithinReach, name="messages.tell_of_wish")
def tell_of_wish(happened: WishWithinReach) -> None:
    """In the inbox alone: it is a reminder, and nothing runs out."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        event_id = f"{happened.reward_id}:{happened.at}"
        details = {"reward_id": reward.id, "reward": reward.name}
        tell(happened.person_id, Topic.WISH_WITHIN_REACH, details, event_id=event_id, now=clock.now())


@listens_to(LowStock, name="messages.tell_staff_of_low_stock")
def tell_staff_of_low_stock(happened: LowStock) -> None:
    """Whoever looks after rewards hears of it, once a day each."""
    reward = db.session.get(Reward, happened.reward_id)
    if reward is not None:
        _tell_staff(reward, ":gone" if happened.left == 0 else "", left=happened.left)


@listens_to(SortGone, name="messages.tell_staff_of_sort")
def tell_staff_of_sort(happened: SortGone) -> None:
    """Of each sort once a day: who wants that one can only wait, whatever else is left."""
    reward, sort = db.session.get(Reward, happened.reward_id), db.session.get(RewardVariant, happened.variant_id)
    if reward is not None and sort is not None:
        _tell_staff(reward, f":{sort.id}", left=0, sort=sort.name)


def _tell_staff(reward: Reward, what: str, **details: Any) -> None:
    """Whoever looks after rewards; admins where nobody else does. `what` tells apart what is told of on one day."""
    roles = [role for role, may in PERMISSIONS.items() if Permission.MANAGE_REWARDS in may]
    held = db.session.execute(select(StaffRole.person_id, StaffRole.role).where(StaffRole.role.in_(roles))).all()
    staff = {person_id for person_id, role in held if role != Role.ADMIN} or {person_id for person_id, _role in held}
    told, event_id = {"reward_id": reward.id, "reward": reward.name, **details}, f"{reward.id}:{clock.now():%Y-%m-%d}"
    for person_id in sorted(staff):
        tell(person_id, Topic.LOW_STOCK, told, event_id=event_id + what, now=clock.now())
