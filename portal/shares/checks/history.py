"""What is known of other posts that resemble this one: looked up beforehand, so that the checks stay pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resembling:
    """Another share whose text or picture looks like this one's."""

    share_id: str
    mine: bool
    percent: int
    """How alike they are, about."""
    was_paid: bool
    is_gone: bool
    """Its post is not there any more."""


@dataclass(frozen=True)
class History:
    """Empty where nothing was read."""

    texts: tuple[Resembling, ...] = ()
    """The most alike first; never the share itself, nor what has nothing but the share kit's words in common."""
    pictures: tuple[Resembling, ...] = ()
    own_posts: frozenset[str] = frozenset()
    """Post keys of the person's other shares, as far as this post names them."""
    own_letters: int = 0
    """How many letters of the text are neither disclosure nor tag."""
    kit_percent: int = 0
    """How much of those stands in the mission's share kit."""
    kit_pictures: int = 0
    """How many pictures are the share kit's."""
    pictures_shown: int = 0
    pictures_seen: int = 0
    """How many of them could be fetched and compared."""
