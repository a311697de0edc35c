"""What signals are asked about: how a link's visitors came, who the account is, what others handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from portal.links.patterns import Pattern
from portal.shares.platforms.reading import Counts


@dataclass(frozen=True)
class Facts:
    """Everything that the signals of one share may know."""

    claimed_at: datetime
    clicks: Pattern = field(default_factory=Pattern)
    counts: Counts = field(default_factory=Counts)
    """What anybody could see under the post at the last look."""
    followers: int | None = None
    account_made_at: datetime | None = None
    usual_reactions: tuple[int, ...] = ()
    """Likes and comments under this person's earlier shares on the network."""
    account_of_others: int = 0
    """How many other people named the same network account as theirs, at any time."""
    picture_of_others: int = 0
    """How many other people handed in the same picture."""


def reactions(counts: Counts) -> int | None:
    """Likes and comments together; None where neither is shown."""
    if counts.likes is None and counts.comments is None:
        return None
    return (counts.likes or 0) + (counts.comments or 0)
