"""Would my friends like it? Whoever shared a mission's content says so, and staff see what is not liked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.extensions import db
from portal.kernel.base import violation_raises
from portal.missions.audience_models import ContentRating, Liking
from portal.missions.claim_models import Claim, ClaimState

RATINGS_BEFORE_TELLING = 5
"""Fewer say nothing about the content, and too much about who said it."""
POOR_SHARE = 0.4
"""From this share of "no" on, staff are told that content is poorly rated."""


class NotSharedYet(Exception):
    """Only who shared it can say what their friends make of it."""


class RatedAlready(Exception):
    """Another tap of the same person was faster."""


@dataclass(frozen=True)
class Rated:
    """What people said of one mission's content."""

    yes: int = 0
    unsure: int = 0
    no: int = 0

    @property
    def total(self) -> int:
        return self.yes + self.unsure + self.no

    @property
    def is_told(self) -> bool:
        """Enough people said something."""
        return self.total >= RATINGS_BEFORE_TELLING

    @property
    def is_poor(self) -> bool:
        return self.is_told and self.no >= POOR_SHARE * self.total


def rate(claim: Claim, answer: Liking, *, now: datetime) -> None:
    """Keep the answer, or change it. Raises NotSharedYet or RatedAlready."""
    if claim.state not in (ClaimState.SUBMITTED, ClaimState.FULFILLED):
        raise NotSharedYet
    row = db.session.get(ContentRating, claim.id) or ContentRating(claim_id=claim.id, mission_id=claim.mission_id)
    row.answer, row.said_at = answer, now
    db.session.add(row)
    with violation_raises(RatedAlready()):
        db.session.flush()


def rating_of(claim_id: str) -> Liking | None:
    row = db.session.get(ContentRating, claim_id)
    return Liking(row.answer) if row else None


def ratings_of(mission_ids: Sequence[str]) -> dict[str, Rated]:
    """By mission, in one query. Leans on `ix_content_rating_mission`."""
    rows = db.session.execute(
        select(ContentRating.mission_id, ContentRating.answer, func.count())
        .where(ContentRating.mission_id.in_(mission_ids))
        .group_by(ContentRating.mission_id, ContentRating.answer)
    ).all()
    counted: dict[str, dict[str, int]] = {}
    for mission_id, answer, count in rows:
        counted.setdefault(mission_id, {})[answer] = count
    return {mission_id: Rated(**answers) for mission_id, answers in counted.items()}
