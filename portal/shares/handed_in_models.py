"""What is handed in besides addresses: pictures, reports, answers, comments, words, and who was invited."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.kernel.base import Base, PublicId, one_of
from portal.missions.claim_models import Invitation
from portal.shares.models import Share


class PictureUse(StrEnum):
    """What a picture was handed in for."""

    WORK = "work"
    """Made for a `create` mission."""
    REPORT = "report"
    """Shows what a report tells of."""
    EVIDENCE = "evidence"
    """A screenshot of what we can't read."""


class HandedPicture(PublicId, Base):
    """A picture that a fan handed in, remade. Until its share is there, it waits with the claim."""

    __tablename__ = "handed_picture"

    claim_id: Mapped[str] = mapped_column(ForeignKey("claim.id"), index=True)
    share_id: Mapped[str | None] = mapped_column(ForeignKey("share.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    use: Mapped[str] = mapped_column(String(16))
    file: Mapped[str] = mapped_column(String(120))
    """Key of the full rendition; `thumbnail` of the small one. Neither is served to anybody who asks."""
    thumbnail: Mapped[str] = mapped_column(String(120))
    alt: Mapped[str] = mapped_column(String(300), default="")
    width_pixels: Mapped[int]
    height_pixels: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the full rendition."""
    likeness: Mapped[str] = mapped_column(String(64), default="")
    """Perceptual hash; empty where none was made."""
    stored_at: Mapped[datetime]

    share: Mapped[Share | None] = relationship()

    __table_args__ = (one_of("use", PictureUse),)


class AlikePicture(Base):
    """A picture of a share that looked like one of another share when it came: a flag for a person, never a verdict."""

    __tablename__ = "alike_picture"

    picture_id: Mapped[str] = mapped_column(ForeignKey("handed_picture.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[str] = mapped_column(
        ForeignKey("handed_picture.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    """The earlier one."""
    bits: Mapped[int]
    """In how many of 64 bits their perceptual hashes differ; 0 for the very same file."""

    __table_args__ = (
        CheckConstraint("picture_id <> other_id", name="two_pictures"),
        CheckConstraint("bits BETWEEN 0 AND 64", name="bits_of_a_hash"),
    )


class WordsBeside(Base):
    """What a fan says to the person who looks at a post that no program may read."""

    __tablename__ = "words_beside"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class UsePermission(Base):
    """What somebody allowed with the pictures of a share, word for word, and when they took it back."""

    __tablename__ = "use_permission"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    wording: Mapped[str] = mapped_column(Text)
    """As it stood beside the box that was ticked, in the language in which it was read."""
    version: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the wording."""
    given_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("ends_at > given_at", name="ends_after_it_began"),)


class EventReport(Base):
    """What a host tells of a gathering."""

    __tablename__ = "event_report"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    held_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(120))
    people_count: Mapped[int]
    story: Mapped[str] = mapped_column(Text)
    shown_agreed: Mapped[bool]
    """Everybody who can be recognised in its pictures agreed to that."""

    __table_args__ = (CheckConstraint("people_count > 0", name="somebody_came"),)


class ToldComment(Base):
    """A comment on a network where comments have no address, as the fan tells of it."""

    __tablename__ = "told_comment"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class GivenAnswer(PublicId, Base):
    """One answer to one question of a `feedback` mission; private."""

    __tablename__ = "given_answer"

    share_id: Mapped[str] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"))
    position: Mapped[int]
    asked: Mapped[str] = mapped_column(String(300))
    """The question as it was read."""
    answer: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("one_answer_per_question", "share_id", "position", unique=True),)


class Newcomer(Base):
    """Somebody who joined by an invitation; of each person there is one inviter at most."""

    __tablename__ = "newcomer"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), index=True)
    joined_at: Mapped[datetime]
    doubt: Mapped[str] = mapped_column(String(32), default="")
    """Reason code of what looks like a second account of the inviter; a person decides then."""
    share_id: Mapped[str | None] = mapped_column(ForeignKey("share.id"), unique=True)
    """The inviter's share that it made, once it counts."""

    person: Mapped[Person] = relationship()
    invitation: Mapped[Invitation] = relationship()
    share: Mapped[Share | None] = relationship()
