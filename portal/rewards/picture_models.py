"""Further pictures of a reward; its first one stands in the reward's own row, where every list needs it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId


class RewardPicture(PublicId, Base):
    """One of them; `place` says in which order they are shown, with gaps where some were taken away."""

    __tablename__ = "reward_picture"

    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"))
    file_key: Mapped[str] = mapped_column(String(120))
    alt: Mapped[str] = mapped_column(String(300))
    place: Mapped[int]

    __table_args__ = (
        CheckConstraint("length(alt) > 0", name="says_what_it_shows"),
        Index("ix_reward_picture_place", "reward_id", "place"),
    )
