"""What staff do with the catalogue: write a reward down, change it, list, pause and retire it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import LazyString, lazy_gettext
from sqlalchemy import update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.audit import audit
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.models import LOW_STOCK_AT, Reward, RewardKind, RewardState
from portal.rewards.pictures import Picture
from portal.rewards.refusals import EditedMeanwhile, StateRefused
from portal.rewards.tier_terms import set_prices
from portal.rewards.waiting import close, pass_on

LISTED_FROM = (RewardState.DRAFT, RewardState.PAUSED)
PAUSED_FROM = (RewardState.LISTED,)
RETIRED_FROM = (RewardState.DRAFT, RewardState.LISTED, RewardState.PAUSED)


@dataclass(frozen=True)
class Wording:
    """What staff write about a reward, and its price. Its pictures are `pictures`' own."""

    name: str
    summary: str
    description: str
    how_to_use: str
    price_points: int
    per_person_max: int
    tracks: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    available_from: datetime | None = None
    available_until: datetime | None = None
    lowest_tier: int = 0
    low_stock_at: int = LOW_STOCK_AT
    tier_prices: dict[int, int] = field(default_factory=dict)
    """Points by rank, where whoever stands there or higher pays less."""

    @property
    def columns(self) -> dict[str, Any]:
        """What the reward's own row keeps of it."""
        return {name: value for name, value in asdict(self).items() if name != "tier_prices"}


def wording_of(reward: Reward) -> Wording:
    return Wording(**{name: getattr(reward, name) for name in Wording.__dataclass_fields__})


def create_reward(
    kind: RewardKind, wording: Wording, *, picture: Picture | None = None, actor: Person, now: datetime
) -> Reward:
    """A new draft; nobody but staff sees it until it is listed. More pictures are added to it later."""
    shown = picture or Picture("", "")
    reward = Reward(
        kind=kind, **wording.columns, image_file=shown.key or None, image_alt=shown.alt, stock=0,
        is_unlimited=fulfilment_of(kind).is_unlimited, state=RewardState.DRAFT, created_by_id=actor.id, created_at=now,
    )  # fmt: skip
    db.session.add(reward)
    db.session.flush()
    set_prices(reward, wording.tier_prices)
    written = {**_plain(asdict(wording)), "image_file": reward.image_file, "image_alt": reward.image_alt}
    audit("reward.created", ("reward", reward.id), actor_id=actor.id, why="", after=written)
    return reward


def edit_reward(reward: Reward, wording: Wording, *, actor: Person, seen_version: int) -> Reward:
    """Change it where it is still as this person saw it. Raises EditedMeanwhile, StateRefused for a retired one."""
    before = wording_of(reward)
    if reward.state == RewardState.RETIRED:
        raise StateRefused(reward, lazy_gettext("This reward is retired: it stays as it was. Create a new one."))
    saved = db.session.scalar(
        update(Reward)
        .where(Reward.id == reward.id, Reward.lock_version == seen_version)
        .values(**wording.columns, lock_version=Reward.lock_version + 1)
        .returning(Reward.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(reward)
    if saved is None:
        raise EditedMeanwhile(reward)
    set_prices(reward, wording.tier_prices)
    old, new = _differences(before, wording)
    audit("reward.edited", ("reward", reward.id), actor_id=actor.id, why="", before=old, after=new)
    return reward


def list_reward(reward: Reward, *, actor: Person) -> None:
    """Show it in the catalogue; what came while it was paused is held for those who wait.

    Raises StateRefused, also for a draft that something is missing of.
    """
    missing = fulfilment_of(reward.kind).missing(reward) if reward.state == RewardState.DRAFT else None
    if missing is not None:
        raise StateRefused(reward, missing)
    _move(reward, RewardState.LISTED, LISTED_FROM, actor=actor, why="")
    pass_on(reward.id, now=clock.now())
    db.session.refresh(reward)


def pause_reward(reward: Reward, *, actor: Person) -> None:
    """Keep it in the catalogue without giving it away. Raises StateRefused."""
    _move(reward, RewardState.PAUSED, PAUSED_FROM, actor=actor, why="")


def retire_reward(reward: Reward, *, actor: Person, why: str) -> None:
    """Take it out of the catalogue for good, and end its line; what was redeemed stays its owners'.

    Raises StateRefused.
    """
    _move(reward, RewardState.RETIRED, RETIRED_FROM, actor=actor, why=why)
    close(reward.id, now=clock.now())
    db.session.refresh(reward)


def _move(reward: Reward, to: RewardState, possible_from: tuple[RewardState, ...], *, actor: Person, why: str) -> None:
    before = reward.state
    moved = db.session.scalar(
        update(Reward)
        .where(Reward.id == reward.id, Reward.state.in_(possible_from))
        .values(state=to)
        .returning(Reward.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(reward)
    if moved is None:
        raise StateRefused(reward, _moved_already(to))
    audit(
        f"reward.{to}", ("reward", reward.id), actor_id=actor.id, why=why,
        before={"state": before}, after={"state": to},
    )  # fmt: skip


def _moved_already(to: RewardState) -> LazyString:
    if to == RewardState.RETIRED:
        return lazy_gettext("This reward is retired already. Nothing changed.")
    return lazy_gettext("Somebody changed this reward meanwhile. Look at its state below, then decide again.")


def _differences(before: Wording, after: Wording) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that changed, as they were and as they are."""
    old, new = asdict(before), asdict(after)
    changed = [name for name in new if old[name] != new[name]]
    return _plain({name: old[name] for name in changed}), _plain({name: new[name] for name in changed})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As the audit trail keeps them: moments in ISO 8601, ranks as text."""
    return {name: _kept(value) for name, value in values.items()}


def _kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return {str(rank): points for rank, points in value.items()} if isinstance(value, dict) else value
