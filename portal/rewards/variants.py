"""The stock of things without codes: by sort, or of one sort; each change says how many came or went, and why.

A reward's row is locked before its variants', here as in `redeeming`, so the reward's stock stays the sum of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import LazyString, lazy_gettext, lazy_ngettext
from sqlalchemy import case, or_, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.kernel.base import new_id
from portal.kernel.changing import rows_changed
from portal.rewards.events import LowStock, SortGone
from portal.rewards.fulfilment import CannotBeHad
from portal.rewards.kind_models import RewardVariant
from portal.rewards.models import Redemption, Reward, RewardState
from portal.rewards.refusals import OutOfStock, StateRefused
from portal.rewards.waiting import pass_on

VARIANTS_MAX = 40


def variants_of(reward_id: str) -> Sequence[RewardVariant]:
    """In the order in which they were added. Leans on `uq_reward_variant_reward_id_name`."""
    mine = select(RewardVariant).where(RewardVariant.reward_id == reward_id)
    return db.session.scalars(mine.order_by(RewardVariant.added_at, RewardVariant.id)).all()


def name_of(variant_id: str | None) -> str:
    """What that sort is called; empty for none."""
    variant = db.session.get(RewardVariant, variant_id) if variant_id else None
    return variant.name if variant else ""


def take_variant(reward: Reward, variant_id: str | None) -> str | None:
    """One less of the sort that was chosen, whose reward's row the caller holds; its id. None where there are no sorts.

    Staff hear of the last one of a sort. Raises OutOfStock, also for a sort that the reward does not have.
    """
    if variant_id is None:
        if db.session.scalar(select(RewardVariant.id).where(RewardVariant.reward_id == reward.id).limit(1)):
            raise OutOfStock(reward)
        return None
    if not _one_less_of(reward, variant_id):
        raise OutOfStock(reward)
    return variant_id


def take_another(redemption: Redemption) -> None:
    """One more out of the stock for a redemption whose first one was bad; staff hear of the last ones as of any.

    Raises CannotBeHad: none is left.
    """
    reward = redemption.reward
    one_less = update(Reward).where(Reward.id == reward.id, or_(Reward.is_unlimited, Reward.stock > 0))
    if not rows_changed(one_less.values(stock=case((Reward.is_unlimited, Reward.stock), else_=Reward.stock - 1))):
        raise CannotBeHad("none_left")
    db.session.refresh(reward)
    tell_of_few(reward)
    if redemption.variant_id is not None and not _one_less_of(reward, redemption.variant_id):
        raise CannotBeHad("none_left")


def tell_of_few(reward: Reward) -> None:
    """One was taken of `reward`: staff hear when the number that they want to hear of is left, or none."""
    if reward.stock in (reward.low_stock_at, 0) and not reward.is_unlimited:
        events.record(LowStock(reward.id, reward.stock))


def _one_less_of(reward: Reward, variant_id: str) -> bool:
    """One less of that sort, if it is there. Staff hear of its last one; of the last one of all the reward tells."""
    left = db.session.scalar(
        update(RewardVariant)
        .where(RewardVariant.id == variant_id, RewardVariant.reward_id == reward.id, RewardVariant.stock > 0)
        .values(stock=RewardVariant.stock - 1)
        .returning(RewardVariant.stock)
        .execution_options(synchronize_session=False)
    )
    if left == 0 and reward.stock > 0:
        events.record(SortGone(reward.id, variant_id))
    return left is not None


def none_left_of(redemption: Redemption) -> LazyString | None:
    """Why `take_another` would find nothing now; None while there is one."""
    sort = db.session.get(RewardVariant, redemption.variant_id) if redemption.variant_id else None
    reward = redemption.reward
    if (reward.is_unlimited or reward.stock > 0) and (sort is None or sort.stock > 0):
        return None
    return lazy_gettext("None is left to replace it with.")


def put_back(variant_id: str) -> None:
    """One more of that sort."""
    db.session.execute(
        update(RewardVariant)
        .where(RewardVariant.id == variant_id)
        .values(stock=RewardVariant.stock + 1)
        .execution_options(synchronize_session=False)
    )


def change_stock(reward: Reward, variant: str, change: int, *, why: str, actor: Person, now: datetime) -> None:
    """`change` things came (above zero) or went; `variant` names the sort, a new name makes a new one.

    Raises StateRefused: retired, fewer there than should go, or a thing of one sort that should become one of several.
    """
    held = select(Reward).where(Reward.id == reward.id).with_for_update(of=Reward)
    db.session.scalars(held.execution_options(populate_existing=True)).one()
    sorts = {each.name: each for each in variants_of(reward.id)}
    _refuse_other_sorts(reward, variant, sorts)
    chosen = sorts.get(variant)
    there = (chosen.stock if chosen else 0) if variant else reward.stock
    if there + change < 0:
        raise StateRefused(reward, _too_few(there))
    if chosen is not None:
        chosen.stock += change
    elif variant:
        db.session.add(RewardVariant(reward_id=reward.id, name=variant, stock=change, added_at=now))
    reward.stock += change
    db.session.flush()
    if change > 0:
        pass_on(reward.id, now=now)
        db.session.refresh(reward)
    audit(
        "reward.stock_changed", ("reward", reward.id), actor_id=actor.id, why=why,
        before={"stock": there}, after={"stock": there + change, "variant": variant},
    )  # fmt: skip


def _refuse_other_sorts(reward: Reward, variant: str, sorts: dict[str, RewardVariant]) -> None:
    """Raises StateRefused where the reward has no stock that `variant` ("": without sorts) could be counted to."""
    if reward.state == RewardState.RETIRED:
        raise StateRefused(reward, lazy_gettext("This reward is retired: its stock stays as it is."))
    if not variant and sorts:
        raise StateRefused(reward, lazy_gettext("This reward has several sorts: say which of them came or went."))
    if variant and not sorts and reward.stock:
        raise StateRefused(
            reward,
            lazy_gettext("This reward has stock without sorts. Take that out first, then add its sorts one by one."),
        )
    if variant and variant not in sorts and len(sorts) == VARIANTS_MAX:
        raise StateRefused(reward, lazy_gettext("40 sorts are the most. Create a reward of its own for this one."))


def _too_few(there: int) -> LazyString:
    return lazy_ngettext(
        "Only %(num)d is there, so no more than that can go.", "Only %(num)d are there, so no more than that can go.",
        there,
    )  # fmt: skip


def stock_shown(reward: Reward) -> dict[str, Any]:
    """What the partial of the staff page needs."""
    from portal.rewards.forms import StockForm  # forms list the kinds

    return {"variants": variants_of(reward.id), "stock_form": StockForm(formdata=None, idempotency_key=new_id())}
