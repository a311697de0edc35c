"""What missions need from a room above: how a claim's share stands, and what was posted for us lately."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ClaimStatus:
    """The latest share of a claim, as the page of my claims shows it."""

    share_id: str
    state: str
    """A state of shares, as in docs/domain.md: shown with `state_pill("share", state)`."""
    url: str
    """The portal's page of that share."""
    can_submit: bool = False
    """Something can be handed in (again) for this claim now."""


StatusOf = Callable[[Sequence[str]], Mapping[str, ClaimStatus]]

_status_of: StatusOf | None = None


def use_claim_status(status_of: StatusOf) -> None:
    """Called once, when the shares room starts. It answers in one query and leaves claims without a share out."""
    global _status_of
    _status_of = status_of


def claim_status(claim_ids: Sequence[str]) -> Mapping[str, ClaimStatus]:
    """By claim id, the status of those that a share was handed in for; empty in an app without shares."""
    return _status_of(claim_ids) if _status_of and claim_ids else {}


@dataclass(frozen=True)
class PostedForUs:
    """A post that somebody handed in, or a place that they hold and have posted nothing for yet (`at` is None)."""

    platforms: Sequence[str]
    """The post's network; of a place those that its mission takes, none meaning any."""
    author: str
    """Like @name or @name@host; empty while nobody has read it."""
    at: datetime | None


PostsOf = Callable[[str, datetime], Sequence[PostedForUs]]

_posts_of: PostsOf | None = None


def use_posts_for_us(posts_of: PostsOf) -> None:
    """Called once, when the shares room starts. It answers for a person, since a moment, in one query."""
    global _posts_of
    _posts_of = posts_of


def posts_for_us(person_id: str, since: datetime) -> Sequence[PostedForUs]:
    """What this person posted for us, and will; nothing in an app without shares."""
    return _posts_of(person_id, since) if _posts_of else []


RepeatsOf = Callable[[str, datetime], Mapping[tuple[str, str], int]]

_repeats_of: RepeatsOf | None = None


def use_repeats(repeats_of: RepeatsOf) -> None:
    """Called once, when the shares room starts. It answers for a person, since a moment, by network and author."""
    global _repeats_of
    _repeats_of = repeats_of


def repeated_captions(person_id: str, since: datetime) -> Mapping[tuple[str, str], int]:
    """How many posts said nearly the same as an earlier one of that account; nothing in an app without shares."""
    return _repeats_of(person_id, since) if _repeats_of else {}
