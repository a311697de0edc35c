"""Rewards with codes, and redemptions of them, for the tests of every room. Each function commits; all is invented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from portal.accounts.models import Person
from portal.kernel import clock
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import editing, kinds, redeeming, stocking, variants
from portal.rewards.models import ARE_SENT, Redemption, Reward, RewardKind
from portal.rewards.stocking import Line
from tests.accounts.factories import a_fan, a_marketer
from tests.points.factories import a_person_has

_numbers = count(10_001)  # of one length: names sort as they were made, whatever else this process has run


def a_draft_reward(
    name: str = "",
    *,
    kind: RewardKind = RewardKind.CODE,
    price_points: int = 100,
    staff: Person | None = None,
    **wording: Any,
) -> Reward:
    """A reward that only staff see; `wording` are fields of `editing.Wording`."""
    number, staff = next(_numbers), staff or a_marketer()
    values = {
        "name": name or f"Pocket repair kit {number}",
        "summary": "Needles, patches, four threads",
        "description": "A small tin.",
        "how_to_use": "Type it at the **checkout**.",
        "price_points": price_points,
        "per_person_max": 1,
        **wording,
    }
    with unit_of_work():
        return editing.create_reward(kind, editing.Wording(**values), actor=staff, now=clock.now())


def a_reward(name: str = "", *, codes: int = 3, price_points: int = 100, **wording: Any) -> Reward:
    """A listed reward with `codes` in its pool."""
    staff = a_marketer()
    reward = a_draft_reward(name, price_points=price_points, staff=staff, **wording)
    number = next(_numbers)
    lines = [Line(each, f"KIT-{number:03}-{each:05}") for each in range(1, max(codes, 1) + 1)]
    with unit_of_work():
        stocking.add_codes(reward, lines, actor=staff, now=clock.now())
        editing.list_reward(reward, actor=staff)
    if codes == 0:
        a_redemption(a_person_has(a_marketer(), reward.price_points), reward)
    return reward


def a_thing(name: str = "", *, stock: Mapping[str, int] | int = 3, price_points: int = 100, **wording: Any) -> Reward:
    """A listed reward that is sent; `stock` by sort, or of one sort."""
    staff = a_marketer()
    reward = a_draft_reward(name, kind=RewardKind.PHYSICAL, price_points=price_points, staff=staff, **wording)
    with unit_of_work():
        for sort, many in (stock if isinstance(stock, Mapping) else {"": stock}).items():
            variants.change_stock(reward, sort, many, why="Delivered", actor=staff, now=clock.now())
        editing.list_reward(reward, actor=staff)
    return reward


ADDRESS = {
    "name": "Ada Nwosu", "line1": "4 Example Row", "line2": "", "postcode": "LA9 4QH", "city": "Kendal", "region": "",
    "country": "GB",
}  # fmt: skip


def a_redemption(person: Person, reward: Reward | None = None, details: Mapping[str, Any] | None = None) -> Redemption:
    """Something that `person`, who has the points for it, got."""
    reward = reward or a_reward()
    if details is None and reward.kind in ARE_SENT:
        details = ADDRESS
    with unit_of_work():
        return redeeming.redeem(reward, person, now=clock.now(), details=details)


def a_person_with_points(points: int, name: str = "") -> Person:
    """A fan who can spend `points`."""
    return a_person_has(a_fan(name), points)


def an_experience(name: str = "", *, places: int = 3, starts_in: timedelta = timedelta(days=5), **more: Any) -> Reward:
    """A listed evening with places."""
    staff = a_marketer()
    reward = a_draft_reward(name, kind=RewardKind.EXPERIENCE, staff=staff, **more)
    with unit_of_work():
        kinds.set_event(reward, clock.now() + starts_in, "Kendal, Mill Lane 2", actor=staff)
        variants.change_stock(reward, "", places, why="The room", actor=staff, now=clock.now())
        editing.list_reward(reward, actor=staff)
    return reward


def a_file(name: str = "", *, key: str = "downloads/" + "0" * 32 + ".pdf", **more: Any) -> Reward:
    """A listed reward that is the stored file `key`."""
    staff = a_marketer()
    reward = a_draft_reward(name, kind=RewardKind.DOWNLOAD, staff=staff, **more)
    with unit_of_work():
        kinds.set_file(reward, key, "mending.pdf", 9, actor=staff)
        editing.list_reward(reward, actor=staff)
    return reward


def a_cause(name: str = "", **more: Any) -> Reward:
    """A listed donation."""
    staff = a_marketer()
    reward = a_draft_reward(name, kind=RewardKind.DONATION, staff=staff, **more)
    with unit_of_work():
        kinds.set_cause(reward, "The path menders", actor=staff)
        editing.list_reward(reward, actor=staff)
    return reward
