"""The pictures of a reward: which there are, what each shows, and in which order.

The first stands in the reward's own row; giving another one its place, or taking it away, moves the next one up. All
of it happens while the reward's row is locked. The form of the reward's text knows nothing of them, so whoever has it
open meanwhile saves what they typed and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import delete, insert, select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.rewards.models import Reward, RewardState
from portal.rewards.picture_models import RewardPicture
from portal.rewards.refusals import StateRefused
from portal.rewards.waiting import hold_row

PICTURES_MAX = 8
ALT_LENGTH_MAX = 300


@dataclass(frozen=True)
class Picture:
    """One picture as it is shown: its file's key names it."""

    key: str
    alt: str


def pictures_of(reward: Reward) -> list[Picture]:
    """In their order. Leans on `ix_reward_picture_place`."""
    further = select(RewardPicture).where(RewardPicture.reward_id == reward.id)
    rows = db.session.scalars(further.order_by(RewardPicture.place, RewardPicture.id))
    first = [Picture(reward.image_file, reward.image_alt)] if reward.image_file else []
    return first + [Picture(row.file_key, row.alt) for row in rows]


def add_picture(reward: Reward, key: str, alt: str, *, actor: Person) -> None:
    """Show one more, behind the others. Raises StateRefused: retired, or enough of them."""
    there = _held(reward)
    if len(there) >= PICTURES_MAX:
        raise StateRefused(reward, lazy_gettext("Eight pictures are the most. Take one away first."))
    _keep(reward, there, [*there, Picture(key, alt)], "reward.picture_added", actor)


def describe_picture(reward: Reward, key: str, alt: str, *, actor: Person) -> None:
    """Say anew what it shows. Raises StateRefused."""
    there = _held(reward, key)
    after = [Picture(each.key, alt) if each.key == key else each for each in there]
    _keep(reward, there, after, "reward.picture_described", actor)


def move_picture_up(reward: Reward, key: str, *, actor: Person) -> None:
    """Show it one place earlier; the first one stays where it is. Raises StateRefused."""
    there = _held(reward, key)
    at = next(place for place, each in enumerate(there) if each.key == key)
    after = there.copy()
    if at > 0:
        after[at - 1], after[at] = there[at], there[at - 1]
    _keep(reward, there, after, "reward.pictures_ordered", actor)


def remove_picture(reward: Reward, key: str, *, actor: Person) -> None:
    """Show it no longer. Raises StateRefused, also where it is gone already."""
    there = _held(reward, key)
    _keep(reward, there, [each for each in there if each.key != key], "reward.picture_removed", actor)


def _held(reward: Reward, key: str | None = None) -> list[Picture]:
    """The pictures as they are, while nobody else changes them; `key` has to be one of them."""
    hold_row(reward)
    if reward.state == RewardState.RETIRED:
        raise StateRefused(reward, lazy_gettext("This reward is retired: it stays as it was. Create a new one."))
    there = pictures_of(reward)
    if key is not None and key not in [each.key for each in there]:
        raise StateRefused(reward, lazy_gettext("This picture is gone already. Nothing changed."))
    return there


def _keep(reward: Reward, before: list[Picture], after: list[Picture], action: str, actor: Person) -> None:
    if after == before:
        return
    first = after[0] if after else Picture("", "")
    if (reward.image_file or "", reward.image_alt) != (first.key, first.alt):
        reward.image_file, reward.image_alt = first.key or None, first.alt
    db.session.execute(delete(RewardPicture).where(RewardPicture.reward_id == reward.id))
    further = [
        {"reward_id": reward.id, "file_key": each.key, "alt": each.alt, "place": place}
        for place, each in enumerate(after[1:], start=1)
    ]
    if further:
        db.session.execute(insert(RewardPicture), further)
    db.session.flush()
    subject = ("reward", reward.id)
    audit(action, subject, actor_id=actor.id, why="", before=_told(before), after=_told(after))


def _told(pictures: Sequence[Picture]) -> dict[str, Any]:
    return {"pictures": [{"file": each.key, "alt": each.alt} for each in pictures]}
