"""Points given to a cause, which shows how many it has, with a receipt for who gave them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import update

from portal.extensions import db
from portal.rewards.fulfilment import UNDO_FOR, Fulfilment
from portal.rewards.kind_models import Cause
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind


class Donation(Fulfilment):
    KIND = RewardKind.DONATION
    icon = "hand-heart"
    label = lazy_gettext("Something for a cause")
    explanation = lazy_gettext(
        "People give points; you give to the cause what they are worth, and everybody sees the sum."
    )
    had = lazy_gettext("Given to the cause")
    is_unlimited = True
    can_be_given = False
    undo_for = UNDO_FOR
    tells_when_fulfilled = False  # nothing waits for them: the page that they came to thanks them, with the receipt
    template = "rewards/kinds/donation.html"
    staff_template = "rewards/kinds/donation_staff.html"
    offer_template = "rewards/kinds/donation_offer.html"

    def missing(self, reward: Reward) -> LazyString | None:
        if db.session.get(Cause, reward.id) is None:
            return lazy_gettext("Say first which cause it is for, then list it.")
        return None

    def staff_shown(self, reward: Reward) -> dict[str, Any]:
        from portal.rewards.kind_forms import CauseForm  # forms list the kinds

        cause = db.session.get(Cause, reward.id)
        return {"cause": cause, "cause_form": CauseForm(formdata=None, obj=cause)}

    def offered(self, reward: Reward) -> dict[str, Any]:
        return {"cause": db.session.get(Cause, reward.id)}

    def what_next(self, reward: Reward) -> list[str]:
        return [
            _("Your points go to the cause at once, and you get a receipt that you can print."),
            _("Changed your mind? You can undo it for ten minutes."),
        ]

    def status(self, redemption: Redemption) -> str:
        if redemption.state == RedemptionState.FULFILLED:
            return _("Thank you. Your points went to the cause.")
        return super().status(redemption)

    def reserve(self, redemption: Redemption, details: Mapping[str, Any], *, now: datetime) -> None:
        _add(redemption, redemption.price_points)

    def cancel(self, redemption: Redemption, *, now: datetime) -> None:
        _add(redemption, -redemption.price_points)

    def shown(self, redemption: Redemption) -> dict[str, Any]:
        return {"cause": db.session.get(Cause, redemption.reward_id)}


FULFILMENT = Donation()


def _add(redemption: Redemption, points: int) -> None:
    db.session.execute(
        update(Cause)
        .where(Cause.reward_id == redemption.reward_id)
        .values(points_total=Cause.points_total + points)
        .execution_options(synchronize_session=False)
    )
