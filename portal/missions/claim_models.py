"""Claims on places of missions, their history, and the links that invite by them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where
from portal.missions.models import Mission
from portal.missions.pay import Pay


class ClaimState(StrEnum):
    ACTIVE = "active"
    SUBMITTED = "submitted"
    FULFILLED = "fulfilled"
    EXPIRED = "expired"
    RELEASED = "released"


class Claim(PublicId, Base):
    """A person's hold on one place."""

    __tablename__ = "claim"

    mission_id: Mapped[str] = mapped_column(ForeignKey("mission.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(16), default=ClaimState.ACTIVE)
    claimed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """When the place is given back; moved on by the time that a submission waited for us."""
    clock_stopped_at: Mapped[datetime | None]
    """Since when a submission waits for us; None while the clock runs."""
    points_reserved: Mapped[int]
    """The most it can pay, reserved from the campaign's budget."""
    bonus_cap: Mapped[int] = mapped_column(default=0)
    """What of it only a bonus can pay."""
    bonus_left: Mapped[int] = mapped_column(default=0)
    """What of that is still in reserve: neither paid nor given back to the budget."""
    ended_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    """When the person was told that it expires soon: once, however often its clock stops."""
    tier_extra: Mapped[int] = mapped_column(default=0)
    """What of it the person's tier adds, as it was promised when the place was claimed."""
    season_extra: Mapped[int] = mapped_column(default=0)
    """What of it the season adds, likewise."""
    bonus_percent: Mapped[int] = mapped_column(default=100)
    """What a step of its bonus pays, in percent of what the mission says, likewise."""
    draft: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What was typed into the submission form and not sent yet."""

    mission: Mapped[Mission] = relationship()

    __table_args__ = (
        one_of("state", ClaimState),
        Index(
            "one_live_claim", "person_id", "mission_id", unique=True, **where("state IN ('active', 'submitted')")
        ),
        Index("ix_claim_person", "person_id", "claimed_at"),
        Index("ix_claim_mission", "mission_id", "state"),
        Index("ix_claim_expiring", "expires_at", **where("state = 'active'")),
        CheckConstraint("(state IN ('active', 'submitted')) = (ended_at IS NULL)", name="ended_has_moment"),
        CheckConstraint("clock_stopped_at IS NULL OR state = 'submitted'", name="clock_stops_for_a_submission"),
        CheckConstraint("points_reserved >= 0", name="reserved_not_negative"),
        CheckConstraint(
            "bonus_left >= 0 AND bonus_left <= bonus_cap AND bonus_cap <= points_reserved", name="bonus_within_cap"
        ),
        CheckConstraint("tier_extra >= 0 AND tier_extra <= points_reserved", name="extra_within_reserved"),
        CheckConstraint("season_extra >= 0 AND season_extra <= points_reserved", name="season_within_reserved"),
        CheckConstraint("bonus_percent >= 100", name="bonus_never_less"),
        Index("ix_claim_bonus_open", "id", **where("bonus_left > 0 AND state = 'fulfilled'")),
    )  # fmt: skip

    @property
    def points(self) -> int:
        """What it pays without any bonus."""
        return self.points_reserved - self.bonus_cap

    @property
    def points_now(self) -> int:
        """What it pays at once, as promised when it was claimed, even if the mission was changed since.

        What tier and season add waits with the held part, where there is one.
        """
        extra = self.tier_extra + self.season_extra
        now = min(self.mission.points_now, self.points - extra)
        return now if self.mission.points_held else now + extra

    @property
    def pay(self) -> Pay:
        """As it was promised."""
        return Pay(self.points_now, self.points - self.points_now, self.bonus_cap)

    @property
    def points_in_reserve(self) -> int:
        """What is set aside for it before its share is paid."""
        return self.points + self.bonus_left


class ClaimChange(PublicId, Base):
    """One change of a claim's state: who, from what to what, when and why. Written only by the transition itself."""

    __tablename__ = "claim_change"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """None: the portal itself."""
    why: Mapped[str] = mapped_column(String(32))
    """Code: claimed, handed_in, verified, given_back, time_ran_out, not_accepted, taken_up_again."""
    at: Mapped[datetime]


class Invitation(PublicId, Base):
    """The invite link of a claim on a `refer` mission."""

    __tablename__ = "invitation"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), unique=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    created_at: Mapped[datetime]

    claim: Mapped[Claim] = relationship()
