"""What a check is asked with and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from portal.shares.models import Outcome
from portal.shares.platforms.reading import Identified, Post, Problem, Reading


@dataclass(frozen=True)
class Finding:
    """The answer of one check: an outcome, a code of its reason, and what the reason's sentence is filled with."""

    outcome: Outcome
    reason_code: str
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def passed(cls, reason_code: str, **details: Any) -> Finding:
        return cls(Outcome.PASSED, reason_code, details)

    @classmethod
    def failed(cls, reason_code: str, **details: Any) -> Finding:
        return cls(Outcome.FAILED, reason_code, details)

    @classmethod
    def unknown(cls, reason_code: str, **details: Any) -> Finding:
        return cls(Outcome.UNKNOWN, reason_code, details)


class OtherShare(StrEnum):
    """Another share that stands for the same post."""

    MINE = "mine"
    SOMEBODYS = "somebodys"


@dataclass(frozen=True)
class ProvedHandle:
    platform: str
    host: str
    name: str
    external_id: str | None


@dataclass(frozen=True)
class Asked:
    """What the mission asks of a post."""

    platforms: tuple[str, ...]
    """Codes; empty: any network."""
    tag: str
    """A hashtag or mention that must stand in it; empty: none."""
    link: str
    """The fan's own tracked link; empty: none."""
    link_or_tag: bool
    """One of the two is enough."""
    place: str
    """Whose advertising rules apply: an ISO country code."""
    brand: str
    posted_tolerance: timedelta = timedelta(minutes=10)
    """How much older than the claim a post may look: an id is made when an upload begins."""


@dataclass(frozen=True)
class Context:
    """Everything that the checks may know. Nothing in it can be asked further: no database, no clock, no network."""

    identified: Identified
    reading: Reading | None
    """None while nothing was read yet."""
    asked: Asked
    handles: tuple[ProvedHandle, ...]
    claimed_at: datetime
    other_share: OtherShare | None
    links_expanded: tuple[str, ...]
    """Where the post's links lead, as far as they were followed."""
    gone_since: datetime | None
    """When a look first found nothing; None when none did before this one."""
    second_look_after: timedelta
    now: datetime

    @property
    def post(self) -> Post | None:
        return self.reading if isinstance(self.reading, Post) else None

    @property
    def problem(self) -> Problem | None:
        return self.reading if isinstance(self.reading, Problem) else None

    @property
    def readable(self) -> Post | None:
        """The post, if it was read and anybody may read it."""
        return self.post if self.post and self.post.is_public else None
