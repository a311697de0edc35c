"""The one place where a redemption changes its state: it names who, why and when, and brings along what must follow.

Points, stock and events move in the same transaction as the state, so that none can be had without the others. Locks,
everywhere in this room: the redemption's row, the reward's, points, then what the kind keeps. A new redemption has no
row to wait for, so `redeeming.redeem` begins with the reward's.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import case, insert, select, update

from portal.extensions import db
from portal.kernel import events
from portal.kernel.base import new_id, table_of
from portal.kernel.rows import run, store
from portal.points import budgets, spending
from portal.points.ledger import Cause
from portal.rewards.events import RedemptionCancelled, RedemptionFailed, RewardReady
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.kind_models import Gift
from portal.rewards.models import GIVEN_BACK, Redemption, RedemptionState, RedemptionStep, Reward
from portal.rewards.variants import put_back
from portal.rewards.waiting import pass_on

S = RedemptionState

ALLOWED: dict[RedemptionState, frozenset[RedemptionState]] = {
    S.RESERVED: frozenset({S.AWAITING_PAYMENT, S.APPROVED, S.FULFILLED, S.CANCELLED, S.FAILED}),
    S.AWAITING_PAYMENT: frozenset({S.APPROVED, S.CANCELLED, S.FAILED}),
    S.APPROVED: frozenset({S.FULFILLED, S.CANCELLED, S.FAILED}),
    S.FULFILLED: frozenset({S.APPROVED, S.CANCELLED}),
    S.CANCELLED: frozenset(),
    S.FAILED: frozenset(),
}
"""docs/domain.md, Rewards. What is had at once goes from reserved to fulfilled; a fulfilled one is approved again where
it is sent or made once more, and cancelled where its owner undoes it or staff refund it."""


class IllegalMove(Exception):
    """The redemption is not in a state from which it can go there; nothing was changed."""

    def __init__(self, redemption: Redemption, to: RedemptionState) -> None:
        super().__init__(f"{redemption.state} → {to}")
        self.redemption_id, self.from_state, self.to = redemption.id, redemption.state, to


def hold(redemption: Redemption) -> Redemption:
    """Lock the redemption's row until the transaction ends, and read it anew."""
    held = select(Redemption).where(Redemption.id == redemption.id).with_for_update(of=Redemption)
    return db.session.scalars(held.execution_options(populate_existing=True)).one()


def begin(
    redemption: Redemption,
    to: RedemptionState,
    *,
    actor_id: str | None,
    now: datetime,
    code: str = "",
    message: str = "",
    awaits_until: datetime | None = None,
) -> None:
    """Write down a new redemption with its first two steps: reserved by `actor_id`, and on to `to` in the same moment.

    Its points are taken: nobody sees it in between, so its row begins where it stands. Raises IllegalMove.
    """
    if to not in ALLOWED[S.RESERVED]:
        raise IllegalMove(redemption, to)
    redemption.reserved_at = now
    _stand(redemption, to, awaits_until=awaits_until, now=now)
    store(redemption)
    _write(
        _step(redemption, None, S.RESERVED, actor_id=actor_id, now=now, code=code, message=message),
        _step(redemption, S.RESERVED, to, actor_id=None, now=now),
    )
    _tell(redemption, by=None)


def move(
    redemption: Redemption,
    to: RedemptionState,
    *,
    actor_id: str | None,
    now: datetime,
    code: str = "",
    message: str = "",
    awaits_until: datetime | None = None,
    back_in_stock: bool = True,
) -> None:
    """Take `redemption` to state `to` with everything that belongs to it. `actor_id` None: the portal itself.

    `message` is what staff write for the owner; `awaits_until` belongs to `awaiting_payment` and only there. Cancelled
    or failed, points go back, and one into the stock unless it is lost (`back_in_stock`). Raises IllegalMove.
    """
    hold(redemption)
    came_from = S(redemption.state)
    if to not in ALLOWED[came_from]:
        raise IllegalMove(redemption, to)
    if to == S.FULFILLED and redemption.price_points:
        spending.redeem(cause_of(redemption), redemption.person_id, redemption.price_points, now=now)
    if to in GIVEN_BACK:
        _give_back(redemption, back_in_stock=back_in_stock, now=now)
        redemption.reason = message
    _stand(redemption, to, awaits_until=awaits_until, now=now)
    _write(_step(redemption, came_from, to, actor_id=actor_id, now=now, code=code, message=message))
    _tell(redemption, by=actor_id)


def note(redemption: Redemption, *, actor_id: str | None, now: datetime, code: str, message: str = "") -> None:
    """A step that leaves the state as it is: something happened that its owner should find there."""
    state = S(redemption.state)
    _write(_step(redemption, state, state, actor_id=actor_id, now=now, code=code, message=message))


def cause_of(redemption: Redemption) -> Cause:
    """What the ledger names as the reason of its points."""
    return Cause("redemption", redemption.id)


def _stand(redemption: Redemption, to: RedemptionState, *, awaits_until: datetime | None, now: datetime) -> None:
    redemption.state, redemption.state_changed_at, redemption.awaits_until = to, now, awaits_until
    redemption.fulfilled_at = now if to == S.FULFILLED else None


def _step(
    redemption: Redemption,
    came_from: RedemptionState | None,
    to: RedemptionState,
    *,
    actor_id: str | None,
    now: datetime,
    code: str = "",
    message: str = "",
) -> dict[str, Any]:
    return {
        "id": new_id(), "redemption_id": redemption.id, "from_state": came_from, "to_state": to, "actor_id": actor_id,
        "at": now, "code": code, "message": message,
    }  # fmt: skip


def _write(*steps: dict[str, Any]) -> None:
    run(_writing(), steps)


@cache
def _writing() -> Any:
    """Put together once, on the table itself: a step is read again only by pages."""
    return insert(table_of(RedemptionStep))


def _give_back(redemption: Redemption, *, back_in_stock: bool, now: datetime) -> None:
    fulfilment = fulfilment_of(redemption.reward.kind)
    goes_back = fulfilment.goes_back(redemption, wished=back_in_stock)
    if goes_back:
        db.session.execute(
            update(Reward)
            .where(Reward.id == redemption.reward_id)
            .values(stock=case((Reward.is_unlimited, Reward.stock), else_=Reward.stock + 1))
            .execution_options(synchronize_session=False)
        )
        if redemption.variant_id is not None:
            put_back(redemption.variant_id)
        pass_on(redemption.reward_id, now=now)
    if redemption.price_points:
        spending.give_back(cause_of(redemption), redemption.person_id, redemption.price_points, now=now)
    elif (gift := db.session.get(Gift, redemption.id)) is not None:
        budgets.unspend(cause_of(redemption), gift.campaign_id, gift.worth_points, now=now)
    (fulfilment.cancel if goes_back else fulfilment.lose)(redemption, now=now)


def _tell(redemption: Redemption, *, by: str | None) -> None:
    about = (redemption.id, redemption.reward_id, redemption.person_id)
    if redemption.state == S.FULFILLED and fulfilment_of(redemption.reward.kind).tells_when_fulfilled:
        events.record(RewardReady(*about))
    elif redemption.state == S.CANCELLED:
        events.record(RedemptionCancelled(*about, by_owner=by == redemption.person_id))
    elif redemption.state == S.FAILED:
        events.record(RedemptionFailed(*about))
