"""What a check is asked with and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from portal.shares.checks.history import History
from portal.shares.disclosure.loading import rulebook
from portal.shares.disclosure.places import RuleBook
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


class Severity(StrEnum):
    """How much a word of staff's list weighs."""

    SERIOUS = "serious"
    """The check does not pass, and the policy says what follows."""
    DOUBTFUL = "doubtful"
    """A person looks, whatever the policy says: it may be harmless."""


@dataclass(frozen=True)
class BrandWord:
    """A word or phrase that should not stand beside the brand, and why."""

    phrase: str
    severity: str
    reason: str


@dataclass(frozen=True)
class ForbiddenClaim:
    phrase: str
    guideline: str
    """Title of the guideline that forbids it."""


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
    rules: RuleBook = field(default_factory=rulebook)
    """The words that disclose an advertisement, by place."""
    posted_tolerance: timedelta = timedelta(minutes=10)
    """How much older than the claim a post may look: an id is made when an upload begins."""
    posted_from: datetime | None = None
    """From when on it counts, where that is before the claim."""
    accepts: tuple[str, ...] = ()
    """Which relations to other posts count (missions.models.Accepts); empty: any."""
    brand_posts: tuple[str, ...] = ()
    """Post keys of the brand's own posts that may be quoted or passed on; empty: any post."""
    is_answer: bool = False
    """It has to be a comment or reply."""
    conversations: tuple[str, ...] = ()
    """Post keys of what to answer; empty: any post."""
    words: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    language: str = ""
    media: str = ""
    """`image`, `video`, `either`; empty: nothing asked."""
    original_work: bool = False
    handle_days_min: int = 0
    followers_min: int = 0
    brand_words: tuple[BrandWord, ...] = ()
    """Words that staff watch for."""
    forbidden_claims: tuple[ForbiddenClaim, ...] = ()
    """What the guidelines in force forbid to claim."""


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
    history: History = field(default_factory=History)
    """What resembles the post, as far as it was read."""

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
