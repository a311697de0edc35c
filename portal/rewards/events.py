"""What happens to redemptions, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.events import Event, event


@event("reward.ready")
@dataclass(frozen=True)
class RewardReady(Event):
    """A redemption was fulfilled: its owner can see the code."""

    redemption_id: str
    reward_id: str
    person_id: str


@event("reward.cancelled")
@dataclass(frozen=True)
class RedemptionCancelled(Event):
    """Points and stock were given back: by its owner, by staff, or because time ran out."""

    redemption_id: str
    reward_id: str
    person_id: str
    by_owner: bool = True


@event("reward.failed")
@dataclass(frozen=True)
class RedemptionFailed(Event):
    """It could not be had after all: points and stock were given back."""

    redemption_id: str
    reward_id: str
    person_id: str


@event("reward.sent")
@dataclass(frozen=True)
class ParcelSent(Event):
    """It is on its way."""

    redemption_id: str
    reward_id: str
    person_id: str
    carrier: str
    tracking: str
    changed_at: str = ""
    """When staff wrote down another number for what was under way already, in ISO 8601."""


@event("reward.came_back")
@dataclass(frozen=True)
class ParcelCameBack(Event):
    """It could not be delivered, or was sent back, at a moment in ISO 8601."""

    redemption_id: str
    reward_id: str
    person_id: str
    at: str


@event("reward.payment_returned")
@dataclass(frozen=True)
class PaymentReturned(Event):
    """What was paid for a redemption that was given back is on its way home."""

    redemption_id: str
    reward_id: str
    person_id: str


@event("reward.place_held")
@dataclass(frozen=True)
class PlaceHeld(Event):
    """Somebody who waited for a reward has one held for them, until a moment in ISO 8601."""

    wait_id: str
    reward_id: str
    person_id: str
    until: str


@event("reward.hold_missed")
@dataclass(frozen=True)
class HoldMissed(Event):
    """One was held for somebody who did not come for it: it went on to the next, or into the stock."""

    wait_id: str
    reward_id: str
    person_id: str


@event("reward.line_closed")
@dataclass(frozen=True)
class LineClosed(Event):
    """Somebody waited for a reward that is not offered any more."""

    wait_id: str
    reward_id: str
    person_id: str


@event("reward.wish_within_reach")
@dataclass(frozen=True)
class WishWithinReach(Event):
    """Somebody's points suffice for what they wish for, since a moment in ISO 8601; told once a wish."""

    reward_id: str
    person_id: str
    at: str


@event("reward.problem_answered")
@dataclass(frozen=True)
class ProblemAnswered(Event):
    """Staff replaced it, or refused to, and said why."""

    problem_id: str
    redemption_id: str
    reward_id: str
    person_id: str


@event("reward.low_stock")
@dataclass(frozen=True)
class LowStock(Event):
    """So many of a reward are left as staff want to hear of, or none; told once until there are more again."""

    reward_id: str
    left: int


@event("reward.sort_gone")
@dataclass(frozen=True)
class SortGone(Event):
    """The last one of a sort was taken while others of its reward are left."""

    reward_id: str
    variant_id: str
