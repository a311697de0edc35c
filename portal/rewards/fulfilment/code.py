"""Single-use codes from a pool: the redemption takes one, its owner sees it when they ask.

The database picks: one UPDATE gives a free code to a redemption, so that no code has two owners on either database.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import String, bindparam, delete, func, select, update

from portal.extensions import db
from portal.kernel.base import table_of
from portal.kernel.changing import rows_changed
from portal.kernel.crypto import Box, box_for
from portal.kernel.rows import run
from portal.rewards.fulfilment import UNDO_FOR, Fulfilment
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardCode, RewardKind
from portal.rewards.refusals import OutOfStock
from portal.rewards.variants import none_left_of, take_another

PURPOSE = "reward-code"


def box() -> Box:
    """What codes are sealed with at rest."""
    return box_for(PURPOSE)


class Code(Fulfilment):
    KIND = RewardKind.CODE
    icon = "ticket"
    label = lazy_gettext("Codes from a pool")
    explanation = lazy_gettext("You upload single-use codes; each redemption shows one of them to its owner.")
    undo_for = UNDO_FOR
    can_replace = True
    template = "rewards/kinds/code.html"
    staff_template = "rewards/kinds/code_staff.html"

    def missing(self, reward: Reward) -> LazyString | None:
        if reward.stock == 0:
            return lazy_gettext("There is nothing to give away yet. Upload codes first, then list it.")
        return None

    def what_next(self, reward: Reward) -> list[str]:
        return [
            _("You get your own single-use code at once. It is shown to you alone, here and whenever you come back."),
            _("Changed your mind? Until you show the code, you can undo it for ten minutes: your points come back."),
        ]

    def status(self, redemption: Redemption) -> str:
        if redemption.state == RedemptionState.FULFILLED:
            return _("Your code is ready.") if redemption.revealed_at is None else _("Your code is below.")
        if redemption.state == RedemptionState.CANCELLED:
            return _("Nothing was spent. The code went back for somebody else.")
        return super().status(redemption)

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        is_ready = redemption.state == RedemptionState.FULFILLED
        return {"code": code_of(redemption) if is_ready and redemption.revealed_at else None}

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        from portal.rewards.forms import CodesForm  # forms list the kinds

        free, total = codes_in_pool(reward.id)
        form = CodesForm(formdata=None)
        return {"codes_form": form, "codes_free": free, "codes_total": total, "upload": None, "problems": []}

    def reserve(self, redemption: Redemption, details: Mapping[str, Any], *, now: datetime) -> None:
        """Take the oldest free code of the pool. Raises OutOfStock."""
        asked = {"reward_asked": redemption.reward_id, "taken_for": redemption.id}
        if run(_taking(), asked).first() is None:
            raise OutOfStock(redemption.reward)

    def goes_back(self, redemption: Redemption, *, wished: bool) -> bool:
        """A code that was shown is never shown to somebody else, whatever staff wish."""
        return wished and redemption.revealed_at is None

    def lose(self, redemption: Redemption, *, now: datetime) -> None:
        """Throw the code away."""
        rows_changed(delete(RewardCode).where(RewardCode.redemption_id == redemption.id))

    def replace(self, redemption: Redemption, *, now: datetime) -> None:
        """Another code for one that does not work, which is thrown away: nobody else may get it."""
        take_another(redemption)
        rows_changed(delete(RewardCode).where(RewardCode.redemption_id == redemption.id))
        self.reserve(redemption, {}, now=now)
        redemption.revealed_at = None

    def why_not_replaced(self, redemption: Redemption) -> LazyString | None:
        return none_left_of(redemption)

    def cancel(self, redemption: Redemption, *, now: datetime) -> None:
        """Put the code back into the pool: nobody has seen it."""
        db.session.execute(
            update(RewardCode)
            .where(RewardCode.redemption_id == redemption.id)
            .values(redemption_id=None)
            .execution_options(synchronize_session=False)
        )


FULFILMENT = Code()


@cache
def _taking() -> Any:
    """Put together once: takes the oldest free code that nobody else is taking. Leans on `ix_reward_code_free`."""
    code = table_of(RewardCode)
    free = (
        select(code.c.id)
        .where(code.c.reward_id == bindparam("reward_asked", type_=String), code.c.redemption_id.is_(None))
        .order_by(code.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = update(code).where(code.c.id == free, code.c.redemption_id.is_(None))
    return taken.values(redemption_id=bindparam("taken_for", type_=String)).returning(code.c.id)


def codes_in_pool(reward_id: str) -> tuple[int, int]:
    """How many codes of the pool are free, and how many there are. Leans on `uq_reward_code_reward_id_digest`."""
    counted = select(func.count(), func.count(RewardCode.redemption_id)).where(RewardCode.reward_id == reward_id)
    total, taken = db.session.execute(counted).one()
    return total - taken, total


def code_of(redemption: Redemption) -> str:
    """The code in clear, for its owner's eyes. Raises LookupError without one, crypto.Unsealable without its key."""
    sealed = db.session.scalar(select(RewardCode.sealed).where(RewardCode.redemption_id == redemption.id))
    if sealed is None:
        raise LookupError(redemption.id)
    return box().open(sealed)
