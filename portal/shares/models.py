"""Shares: what was handed in, what was seen, what the checks said, and what was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.kernel.base import Base, PublicId, one_of, where
from portal.missions.claim_models import Claim
from portal.missions.models import Mission
from portal.shares.evidence_guards import make_immutable


class ShareState(StrEnum):
    RECEIVED = "received"
    CHECKING = "checking"
    VERIFIED = "verified"
    NEEDS_FIX = "needs_fix"
    NEEDS_REVIEW = "needs_review"
    REJECTED = "rejected"
    SETTLED = "settled"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"


class ShareForm(StrEnum):
    """What was handed in."""

    POST = "post"
    """The address of a public post, or of a comment that has one."""
    COMMENT = "comment"
    """A comment that has no address of its own: the post that it is under, and its words."""
    FILES = "files"
    REPORT = "report"
    ANSWERS = "answers"
    NEWCOMER = "newcomer"
    """Nothing: somebody who was invited got their first share verified."""


class Outcome(StrEnum):
    """Of one check. What we could not see is unknown, never failed."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Share(PublicId, Base):
    """What was handed in for a claim: for most kinds, one public post."""

    __tablename__ = "share"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), index=True)
    mission_id: Mapped[str] = mapped_column(ForeignKey("mission.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    form: Mapped[str] = mapped_column(String(16), default=ShareForm.POST)
    platform: Mapped[str] = mapped_column(String(32))
    """Empty where no network is concerned."""
    typed_url: Mapped[str] = mapped_column(Text)
    """As the fan pasted it; empty where nothing was."""
    url: Mapped[str] = mapped_column(String(2000))
    """Canonical; empty where there is none."""
    post_key: Mapped[str] = mapped_column(String(500))
    """What makes it one thing: of a post see docs/domain.md, post key; of all else `<form>:<what is counted once>`."""
    state: Mapped[str] = mapped_column(String(16), default=ShareState.RECEIVED)
    state_changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime]
    check_round: Mapped[int] = mapped_column(default=0)
    """Counts the runs of the checks; results belong to one."""
    reason_code: Mapped[str | None] = mapped_column(String(64))
    """Why it is in this state, where the checks or a rule decided."""
    message: Mapped[str | None] = mapped_column(Text)
    """What a moderator wrote to the fan, where a person decided."""
    fix_until: Mapped[datetime | None]
    """Until when it can be mended, while it needs that."""
    decide_by: Mapped[datetime | None]
    """By when staff promised to decide, while it needs review."""
    settles_at: Mapped[datetime | None]
    """When the hold ends, once it was verified."""
    missing_since: Mapped[datetime | None]
    """Since when a verified post is not as it was paid for."""
    missing_code: Mapped[str | None] = mapped_column(String(64))
    """What the latest look found wrong with it then: check and reason."""
    grace_until: Mapped[datetime | None]
    """Until when it can be brought back; the look after that decides."""
    award_id: Mapped[str | None] = mapped_column(ForeignKey("award.id"))
    lock_version: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person] = relationship()
    mission: Mapped[Mission] = relationship()
    claim: Mapped[Claim] = relationship()

    __table_args__ = (
        one_of("state", ShareState),
        one_of("form", ShareForm),
        CheckConstraint("(form IN ('post', 'comment')) = (url <> '')", name="post_has_address"),
        Index("a_post_counts_once", "post_key", unique=True, **where("state NOT IN ('rejected', 'withdrawn')")),
        Index(
            "one_open_share_per_claim", "claim_id", unique=True,
            **where("state NOT IN ('rejected', 'withdrawn')"),
        ),
        CheckConstraint("state NOT IN ('verified', 'settled') OR award_id IS NOT NULL", name="verified_has_award"),
        CheckConstraint(
            "state <> 'rejected' OR reason_code IS NOT NULL OR message IS NOT NULL", name="rejected_has_reason"
        ),
        CheckConstraint("(state = 'needs_fix') = (fix_until IS NOT NULL)", name="needs_fix_has_deadline"),
        CheckConstraint("(state = 'needs_review') = (decide_by IS NOT NULL)", name="needs_review_has_deadline"),
        CheckConstraint("(missing_since IS NULL) = (grace_until IS NULL)", name="missing_has_grace"),
        CheckConstraint("missing_code IS NULL OR state IN ('verified', 'settled')", name="missing_was_paid_for"),
        Index("ix_share_person", "person_id", "submitted_at"),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": lock_version}


class CheckResult(PublicId, Base):
    """What one check said in one round."""

    __tablename__ = "check_result"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"))
    round: Mapped[int]
    check: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the reason's sentence is filled with: what was seen, what was asked for."""
    checked_at: Mapped[datetime]

    __table_args__ = (
        one_of("outcome", Outcome),
        UniqueConstraint("share_id", "round", "check"),
    )


class Evidence(PublicId, Base):
    """A snapshot of what was seen. Its digest is kept for ever; its body can be erased with the person."""

    __tablename__ = "evidence"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"))
    round: Mapped[int]
    seen_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(40))
    """By which means: mastodon_api, perch_api, page."""
    status: Mapped[str] = mapped_column(String(32))
    """readable, gone, not_public, unreachable, rate_limited …"""
    final_url: Mapped[str] = mapped_column(String(2000), default="")
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the body, for ever."""
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """None when it was erased, or is that of the earlier row `same_as_id`; `seen` follows it there."""
    same_as_id: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"), index=True)
    """The row of this share that holds the same body: what did not change is kept once."""
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Counts of the moment, which change at each look and are no part of the digest."""
    responses: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """Every answer that was read for it: address, status, size and SHA-256 of its bytes."""

    same_as: Mapped[Evidence | None] = relationship(remote_side="Evidence.id")

    __table_args__ = (
        Index("ix_evidence_share", "share_id", "round"),
        CheckConstraint("same_as_id IS NULL OR body IS NULL", name="same_body_is_kept_once"),
    )

    @property
    def seen(self) -> dict[str, Any] | None:
        """The body, wherever it is kept; None once it was erased."""
        return self.same_as.body if self.same_as is not None else self.body

    @property
    def seen_with_figures(self) -> dict[str, Any]:
        """The body and the figures of that moment; empty once it was erased."""
        return {**self.seen, **(self.figures or {})} if self.seen else {}


make_immutable(Evidence)


class CountSample(Base):
    """What anybody could see under a post at one moment. A look that finds the same numbers again adds none."""

    __tablename__ = "share_count_sample"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    likes: Mapped[int | None]
    comments: Mapped[int | None]
    shares: Mapped[int | None]
    views: Mapped[int | None]


class ShareChange(PublicId, Base):
    """One change of a share's state: who, from what to what, when and why. Written only by the transition itself."""

    __tablename__ = "share_change"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), index=True)
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    """None: the portal itself."""
    at: Mapped[datetime]
    reason_code: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str | None] = mapped_column(Text)

    @property
    def moved(self) -> bool:
        """False for what was only noted: the state stayed as it was."""
        return self.from_state != self.to_state

    @property
    def is_noted_by_a_look(self) -> bool:
        """Written down by a look of the portal's own, and nobody's decision."""
        return not self.moved and self.actor_id is None


class NetworkHost(Base):
    """What we know of a server that posts are read from: what runs there, and whether it lets us read now."""

    __tablename__ = "network_host"

    platform: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(253), primary_key=True)
    """Empty for a network that is one place."""
    software: Mapped[str | None] = mapped_column(String(40))
    """As its nodeinfo says, in lower case; "" where it says nothing; None when nobody looked."""
    software_until: Mapped[datetime | None]
    """How long that is believed."""
    outages: Mapped[int] = mapped_column(default=0)
    """Failed reads in a row."""
    rest_until: Mapped[datetime | None]
    """Until when we leave it alone after too many of them, or because it asked us to."""

    __table_args__ = (
        CheckConstraint("outages >= 0", name="outages_counted"),
        CheckConstraint("(software IS NULL) = (software_until IS NULL)", name="software_expires"),
    )


class KeptAnswer(Base):
    """What a public address answered last, so that its server may say that nothing changed since."""

    __tablename__ = "kept_answer"

    address_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the address that was asked, in hexadecimal: addresses are too long for a key."""
    final_url: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Compressed (zlib)."""
    kept_until: Mapped[datetime] = mapped_column(index=True)
