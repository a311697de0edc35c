"""Single-use codes from a pool: the redemption takes one, its owner sees it when they ask.

The database picks: one UPDATE gives a free code to a redemption, so that no code has two owners on either database.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select, update

from portal.extensions import db
from portal.kernel.crypto import Box
from portal.rewards.models import Redemption, RedemptionState, RewardCode, RewardKind
from portal.rewards.refusals import OutOfStock

KIND = RewardKind.CODE
PURPOSE = "reward-code"


def box() -> Box:
    """What codes are sealed with at rest."""
    return current_app.extensions["portal_box"](PURPOSE)  # type: ignore[no-any-return]


def reserve(redemption: Redemption, *, now: datetime) -> None:
    """Take the oldest free code of the pool. Raises OutOfStock."""
    free = (
        select(RewardCode.id)
        .where(RewardCode.reward_id == redemption.reward_id, RewardCode.redemption_id.is_(None))
        .order_by(RewardCode.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = db.session.scalar(
        update(RewardCode)
        .where(RewardCode.id == free, RewardCode.redemption_id.is_(None))
        .values(redemption_id=redemption.id)
        .returning(RewardCode.id)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        raise OutOfStock(redemption.reward)


def fulfil(redemption: Redemption, *, now: datetime) -> RedemptionState:
    """A code works at once."""
    return RedemptionState.FULFILLED


def cancel(redemption: Redemption, *, now: datetime) -> None:
    """Put the code back into the pool: nobody has seen it."""
    db.session.execute(
        update(RewardCode)
        .where(RewardCode.redemption_id == redemption.id)
        .values(redemption_id=None)
        .execution_options(synchronize_session=False)
    )


def status(redemption: Redemption) -> str:
    return _("Your code is ready.") if redemption.revealed_at is None else _("Your code is below.")


def code_of(redemption: Redemption) -> str:
    """The code in clear, for its owner's eyes. Raises LookupError without one, crypto.Unsealable without its key."""
    sealed = db.session.scalar(select(RewardCode.sealed).where(RewardCode.redemption_id == redemption.id))
    if sealed is None:
        raise LookupError(redemption.id)
    return box().open(sealed)
