"""Missions, what they ask for, and what they give people to start from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.campaigns.models import Campaign
from portal.kernel.base import Base, PublicId, one_of
from portal.missions.bonus import WHOLE, Bonus, BonusMeasure
from portal.missions.pay import Pay, pay_of, season_extra


class MissionKind(StrEnum):
    SHARE = "share"
    CREATE = "create"
    ENGAGE = "engage"
    REFER = "refer"
    HOST = "host"
    FEEDBACK = "feedback"


POST_KINDS = (MissionKind.SHARE, MissionKind.CREATE)
"""Kinds whose result followers see as a post of its own."""


class Accepts(StrEnum):
    """What counts as a share: words of one's own, or the brand's own post quoted or passed on."""

    ORIGINAL = "original"
    QUOTE = "quote"
    REPOST = "repost"


class QuestionKind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    SCALE = "scale"
    """From 1 to 5."""


class MediaAsked(StrEnum):
    """What a post must show."""

    ANYTHING = ""
    IMAGE = "image"
    VIDEO = "video"
    EITHER = "either"
    """A picture or a film."""


class PostedFrom(StrEnum):
    """From when on a post counts."""

    CLAIM = "claim"
    OPENING = "opening"
    """Also one that was there before the place was claimed."""


class MissionState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Mission(PublicId, Base):
    """Something that people are asked to do, with places, points and what a post must contain.

    `platforms`, `tracks`, `roles` are JSON lists of words; an empty list means: all of them.
    """

    __tablename__ = "mission"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(300))
    brief: Mapped[str] = mapped_column(Text)
    """Markdown, as typed."""
    do: Mapped[list[str]] = mapped_column(JSON, default=list)
    dont: Mapped[list[str]] = mapped_column(JSON, default=list)
    platforms: Mapped[list[str]] = mapped_column(JSON, default=list)
    tracks: Mapped[list[str]] = mapped_column(JSON, default=list)
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    minutes: Mapped[int] = mapped_column(default=15)
    """How long it takes, about."""
    places_total: Mapped[int]
    places_taken: Mapped[int] = mapped_column(default=0)
    per_person_max: Mapped[int] = mapped_column(default=1)
    """How many claims of one person may be fulfilled."""
    deliver_hours: Mapped[int] = mapped_column(default=72)
    """Time between claim and submission."""
    points_now: Mapped[int]
    """Available as soon as the share is verified."""
    points_held: Mapped[int] = mapped_column(default=0)
    """Pending until the hold is over."""
    hold_days: Mapped[int] = mapped_column(default=7)
    """How long the post must stay up."""
    required_tag: Mapped[str] = mapped_column(String(80), default="")
    """A hashtag or mention that a post must contain, as typed by staff; empty: none."""
    link_target: Mapped[str] = mapped_column(String(2000), default="")
    """Where the tracked link goes; empty: the mission has no link."""
    link_or_tag: Mapped[bool] = mapped_column(default=True)
    """The tracked link or the tag is enough; otherwise both are needed."""
    jurisdiction: Mapped[str] = mapped_column(String(2), default="")
    """Whose advertising rules apply; empty: those of the fan's country."""
    image_file: Mapped[str | None] = mapped_column(String(120))
    image_alt: Mapped[str] = mapped_column(String(300), default="")
    accepts: Mapped[list[str]] = mapped_column(JSON, default=lambda: [Accepts.ORIGINAL.value])
    """Of a `share`: which relations to other posts count, at least one of `Accepts`."""
    brand_posts: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """The brand's own posts that may be quoted or passed on: `platform`, `url` (canonical) and `key` (post key)."""
    conversations: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """Of an `engage`: the posts to answer, like `brand_posts`; empty: any conversation that the brief describes."""
    takes_files: Mapped[bool] = mapped_column(default=False)
    """Of a `create`: pictures can be handed in instead of a post, with permission to use them."""
    use_purpose: Mapped[str] = mapped_column(String(300), default="")
    """What those pictures may be used for, as the fan reads it."""
    use_months: Mapped[int] = mapped_column(default=12)
    """For how long."""
    newcomer_points: Mapped[int] = mapped_column(default=0)
    """Of a `refer`: what the new person gets too."""
    required_words: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Words or phrases that a post must contain, each of them."""
    required_mentions: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Accounts that it must mention, like @hollinfell, each of them."""
    language: Mapped[str] = mapped_column(String(8), default="")
    """In which language it is written, like `de`; empty: any."""
    media: Mapped[str] = mapped_column(String(8), default=MediaAsked.ANYTHING)
    original_work: Mapped[bool] = mapped_column(default=False)
    """Text and pictures are the fan's own: neither the share kit's nor another share's."""
    posted_from: Mapped[str] = mapped_column(String(8), default=PostedFrom.CLAIM)
    handle_days_min: Mapped[int] = mapped_column(default=0)
    """How old the account must be; 0: of any age."""
    followers_min: Mapped[int] = mapped_column(default=0)
    """How many follow it at least; 0: nobody needs to."""
    bonus_measure: Mapped[str] = mapped_column(String(16), default=BonusMeasure.NOTHING)
    """What a verified post brings points for beyond its own, while its hold runs; empty: nothing."""
    bonus_points: Mapped[int] = mapped_column(default=0)
    """For each `bonus_step` of it."""
    bonus_step: Mapped[int] = mapped_column(default=0)
    bonus_cap: Mapped[int] = mapped_column(default=0)
    """The most points that one share gets this way: whole steps."""
    lowest_tier: Mapped[int] = mapped_column(default=0)
    """Rank of the lowest tier that it is for; 0: everybody."""
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What it is about, in lower case; fits whoever likes to speak about that."""
    state: Mapped[str] = mapped_column(String(16), default=MissionState.DRAFT)
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    created_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    lock_version: Mapped[int] = mapped_column(default=1)

    campaign: Mapped[Campaign] = relationship()
    captions: Mapped[list[KitCaption]] = relationship(
        order_by="KitCaption.position",
        cascade="all, delete-orphan",
        back_populates="mission",
    )
    images: Mapped[list[KitImage]] = relationship(
        order_by="KitImage.position",
        cascade="all, delete-orphan",
        back_populates="mission",
    )
    questions: Mapped[list[MissionQuestion]] = relationship(
        order_by="MissionQuestion.position",
        cascade="all, delete-orphan",
        back_populates="mission",
    )

    __table_args__ = (
        one_of("kind", MissionKind),
        one_of("state", MissionState),
        CheckConstraint("places_total > 0", name="has_places"),
        CheckConstraint(
            "places_taken >= 0 AND places_taken <= places_total",
            name="places_not_oversold",
        ),
        CheckConstraint("points_now >= 0 AND points_held >= 0", name="points_not_negative"),
        CheckConstraint("CAST(accepts AS TEXT) <> '[]'", name="accepts_something"),
        CheckConstraint("use_months > 0", name="use_has_end"),
        CheckConstraint("newcomer_points >= 0", name="newcomer_points_not_negative"),
        one_of("media", MediaAsked),
        one_of("posted_from", PostedFrom),
        CheckConstraint("handle_days_min >= 0 AND followers_min >= 0", name="floors_not_negative"),
        one_of("bonus_measure", BonusMeasure),
        CheckConstraint(WHOLE, name="bonus_is_whole"),
        CheckConstraint("lowest_tier >= 0", name="tier_not_negative"),
        CheckConstraint("bonus_measure NOT IN ('visitors', 'conversions') OR link_target <> ''", name="bonus_has_link"),
        CheckConstraint("state <> 'scheduled' OR opens_at IS NOT NULL", name="scheduled_has_moment"),
        Index("ix_mission_board", "state", "closes_at"),
    )

    @property
    def points(self) -> int:
        """What one verified share pays."""
        return self.points_now + self.points_held

    @property
    def points_most(self) -> int:
        """The most that one place can cost now: with what the season adds and all of its bonus."""
        return self.pay.most

    @property
    def pay(self) -> Pay:
        """What anybody gets who takes a place now; a tier may add to it."""
        return pay_of(self, percent=self.campaign.points_percent)

    @property
    def season_extra(self) -> int:
        """What the season adds to its points now, rounded down."""
        return season_extra(self.points, self.campaign.points_percent)

    @property
    def bonus(self) -> Bonus | None:
        """As whoever takes a place now is promised it."""
        if not self.bonus_points:
            return None
        return Bonus.of(self, cap=self.pay.bonus_cap, percent=self.campaign.points_percent)

    @property
    def places_left(self) -> int:
        return self.places_total - self.places_taken


class KitCaption(PublicId, Base):
    """A caption that fans may start from."""

    __tablename__ = "kit_caption"

    mission_id: Mapped[str] = mapped_column(ForeignKey("mission.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    locale: Mapped[str] = mapped_column(String(8), default="en")
    text: Mapped[str] = mapped_column(Text)

    mission: Mapped[Mission] = relationship(back_populates="captions")


class KitImage(PublicId, Base):
    """A picture that fans may post."""

    __tablename__ = "kit_image"

    mission_id: Mapped[str] = mapped_column(ForeignKey("mission.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    file: Mapped[str] = mapped_column(String(120))
    alt: Mapped[str] = mapped_column(String(300))

    mission: Mapped[Mission] = relationship(back_populates="images")


class MissionQuestion(PublicId, Base):
    """What a `feedback` mission asks."""

    __tablename__ = "mission_question"

    mission_id: Mapped[str] = mapped_column(ForeignKey("mission.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(300))
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Of a `choice`: what to choose from."""
    needed: Mapped[bool] = mapped_column(default=True)
    """Has to be answered."""

    mission: Mapped[Mission] = relationship(back_populates="questions")

    __table_args__ = (
        one_of("kind", QuestionKind),
        CheckConstraint("(kind = 'choice') = (CAST(choices AS TEXT) <> '[]')", name="choice_has_choices"),
    )
