"""What the worker does about redemptions: ask the outside world for them, and give back what was not paid in time."""

from __future__ import annotations

from functools import partial

from portal.extensions import db
from portal.kernel import clock, jobs
from portal.kernel.unit_of_work import end_reading
from portal.rewards import problems, redeeming, steps
from portal.rewards.fulfilment import CannotBeHad, Payment, fulfilment_of
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.problem_models import ProblemState

S = RedemptionState


def _given_up(lease: jobs.Lease) -> None:
    """It broke each time: nobody waits for ever, points and stock go back."""
    redemption = db.session.get(Redemption, lease.key)
    if redemption is not None:
        _failed(redemption.id, CannotBeHad("broke"))


@jobs.outside(redeeming.FULFIL, gave_up=_given_up)
def fulfil_redemption(lease: jobs.Lease) -> jobs.Record | None:
    """Get what an approved redemption is for, with no transaction open; the result is recorded with its new state."""
    redemption = db.session.get(Redemption, lease.key)
    if redemption is None or redemption.state != S.APPROVED:
        return None
    redemption_id, fulfilment = redemption.id, fulfilment_of(redemption.reward.kind)
    brief = fulfilment.brief(redemption)
    end_reading()
    try:
        result = fulfilment.carry_out(brief)
    except CannotBeHad as refusal:
        return partial(_failed, redemption_id, refusal)
    return partial(_fulfilled, redemption_id, result)


def _fulfilled(redemption_id: str, result: object) -> None:
    redemption, now = _held(redemption_id), clock.now()
    fulfilment = fulfilment_of(redemption.reward.kind)
    if redemption.state != S.APPROVED:
        fulfilment.came_too_late(redemption, result, now=now)
        return
    fulfilment.record(redemption, result, now=now)
    steps.move(redemption, S.FULFILLED, actor_id=None, now=now)


def _failed(redemption_id: str, refusal: CannotBeHad) -> None:
    redemption = _held(redemption_id)
    if redemption.state == S.APPROVED:
        steps.move(
            redemption, S.FAILED, actor_id=None, now=clock.now(), code=refusal.code, message=refusal.sentence
        )  # fmt: skip
        problems.settle(redemption, ProblemState.OVER, now=clock.now())


@jobs.outside(redeeming.PAYMENT_OVERDUE)
def end_waiting_for_payment(lease: jobs.Lease) -> jobs.Record | None:
    """The time to pay is over: ask once more what became of it, then go on or give back."""
    redemption = db.session.get(Redemption, lease.key)
    if redemption is None or redemption.state != S.AWAITING_PAYMENT:
        return None
    redemption_id, fulfilment = redemption.id, fulfilment_of(redemption.reward.kind)
    brief = fulfilment.brief(redemption)
    end_reading()
    return partial(_answered, redemption_id, fulfilment.payment(brief))


def _answered(redemption_id: str, payment: Payment) -> None:
    redemption, now = _held(redemption_id), clock.now()
    if redemption.state != S.AWAITING_PAYMENT:
        return
    if payment == Payment.PAID:
        redeeming.payment_arrived(redemption, now=now)
    else:
        steps.move(redemption, S.CANCELLED, actor_id=None, now=now, code="not_paid_in_time")


def _held(redemption_id: str) -> Redemption:
    return steps.hold(db.session.get_one(Redemption, redemption_id))
