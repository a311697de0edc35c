"""What people like to speak about, how much of us their followers shall see, what they put aside, how they rate."""

from __future__ import annotations

from datetime import datetime

from portal.accounts.models import Person
from portal.demo.around import PutAside, Rating, Taste
from portal.missions import audience, passing, rating
from portal.missions.audience_models import Liking, PassReason
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import Mission


def choose(taste: Taste, person: Person, *, now: datetime) -> None:
    """Topics, and limits where somebody wants fewer posts than staff allow."""
    audience.choose(
        person, week_max=taste.week or None, month_max=taste.month or None,
        gap_hours=taste.gap or None, topics=taste.topics, now=now,
    )  # fmt: skip


def put_aside(aside: PutAside, mission: Mission, person: Person, *, now: datetime) -> None:
    """Not for me, with a reason by most."""
    passing.pass_by(mission, person, why=PassReason(aside.why) if aside.why else None, now=now)


def rate(said: Rating, claim: Claim, *, now: datetime) -> None:
    """Would my friends like it? Raises ValueError for somebody who never shared it."""
    if claim.state not in (ClaimState.SUBMITTED, ClaimState.FULFILLED):
        raise ValueError(f"{said.by} has nothing to rate in {said.task}")
    rating.rate(claim, Liking(said.answer), now=now)
