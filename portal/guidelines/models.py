"""Guidelines, their versions, and who read which."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.base import Base, PublicId, one_of, where


class GuidelineKind(StrEnum):
    GUIDELINE = "guideline"
    VOICE = "voice"
    TRAINING = "training"
    POLICY = "policy"


class VersionState(StrEnum):
    DRAFT = "draft"
    DISCUSSION = "discussion"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class Guideline(PublicId, Base):
    """A document that people follow; its text lives in its versions."""

    __tablename__ = "guideline"

    slug: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(120))
    needed_to_claim: Mapped[bool] = mapped_column(default=False)
    """Every claim needs an acknowledgement of this guideline's version in force."""
    created_at: Mapped[datetime]

    versions: Mapped[list[GuidelineVersion]] = relationship(
        back_populates="guideline", order_by="GuidelineVersion.number"
    )

    __table_args__ = (one_of("kind", GuidelineKind),)


class GuidelineVersion(PublicId, Base):
    """One edition. A minor one keeps old acknowledgements valid, a major one asks again."""

    __tablename__ = "guideline_version"

    guideline_id: Mapped[str] = mapped_column(ForeignKey("guideline.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=VersionState.DRAFT)
    major: Mapped[bool] = mapped_column(default=True)
    body: Mapped[str] = mapped_column(Text)
    """Markdown, as typed."""
    what_changed: Mapped[str] = mapped_column(Text, default="")
    forbidden_claims: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Phrases that a post must not contain while this version is in force."""
    created_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime]
    published_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    lock_version: Mapped[int] = mapped_column(default=1)

    guideline: Mapped[Guideline] = relationship(back_populates="versions")

    __table_args__ = (
        one_of("state", VersionState),
        UniqueConstraint("guideline_id", "number"),
        Index(
            "one_version_in_force",
            "guideline_id",
            unique=True,
            **where("state = 'published'"),
        ),
        CheckConstraint(
            "(state IN ('published', 'superseded')) = (published_at IS NOT NULL)",
            name="published_has_moment",
        ),
    )
    __mapper_args__ = {"version_id_col": lock_version}


class Acknowledgement(PublicId, Base):
    """This person read this version, on this day."""

    __tablename__ = "acknowledgement"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[str] = mapped_column(ForeignKey("guideline_version.id"))
    acknowledged_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "version_id"),)
