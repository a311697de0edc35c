"""What staff answer when something is wrong with an order: replace, refund or leave it, each with a reason."""

from __future__ import annotations

from datetime import datetime

from flask_babel import LazyString, lazy_gettext

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.rewards import orders, problems, redeeming, steps
from portal.rewards.events import ProblemAnswered
from portal.rewards.fulfilment import CannotBeHad, Next, fulfilment_of
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.problem_models import Problem, ProblemState
from portal.rewards.refusals import OrderRefused, OwnOrder

P = ProblemState
CODES = {P.REPLACED: "problem_replaced", P.REFUNDED: "refunded", P.REFUSED: "problem_refused"}


def answer(problem: Problem, how: ProblemState, *, why: str, actor: Person, now: datetime) -> None:
    """Replace it, refund it, or refuse, once; its owner reads `why`. Raises OrderRefused."""
    redemption = steps.hold(problem.redemption)
    db.session.refresh(problem)
    if problem.state != P.OPEN:
        raise OrderRefused(lazy_gettext("A colleague answered this already. Nothing changed."))
    if redemption.person_id == actor.id:
        raise OwnOrder
    if how == P.REFUNDED:
        nothing_left = redemption.state == RedemptionState.APPROVED
        orders.refund(redemption, why=why, back_in_stock=nothing_left, actor=actor, now=now)
    else:
        if how == P.REPLACED:
            _replace(redemption, actor=actor, now=now)
        problems.settle(redemption, how, why=why, by_id=actor.id, now=now)
        steps.note(redemption, actor_id=actor.id, now=now, code=CODES[how], message=why)
        events.record(ProblemAnswered(problem.id, redemption.id, redemption.reward_id, redemption.person_id))
    audit(
        f"problem.{how}", ("redemption", redemption.id), actor_id=actor.id, why=why, before={"problem": P.OPEN},
        after={"problem": how},
    )  # fmt: skip


def why_not_replaced(redemption: Redemption) -> LazyString | None:
    """What keeps staff from replacing it now; None where they can. Pages offer an answer by it."""
    if redemption.state != RedemptionState.FULFILLED:
        return lazy_gettext("Nothing was had yet that could be replaced.")
    return fulfilment_of(redemption.reward.kind).why_not_replaced(redemption)


def _replace(redemption: Redemption, *, actor: Person, now: datetime) -> None:
    refused = why_not_replaced(redemption)
    if refused is not None:
        raise OrderRefused(refused)
    fulfilment = fulfilment_of(redemption.reward.kind)
    try:
        fulfilment.replace(redemption, now=now)
    except CannotBeHad:
        raise OrderRefused(lazy_gettext("None is left to replace it with.")) from None
    if fulfilment.next_step(redemption) != Next.DONE:
        redeeming.make_again(redemption, actor=actor, now=now, code="sent_again", message="")
