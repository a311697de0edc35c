"""Points, and the rest in money; what is given for it is a code from the reward's pool."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.rewards.fulfilment.code import Code
from portal.rewards.fulfilment.with_cash import WithCash, cash_of
from portal.rewards.models import Reward, RewardKind


class PointsPlusCash(WithCash, Code):
    KIND = RewardKind.POINTS_PLUS_CASH
    icon = "wallet"
    label = lazy_gettext("Points plus cash")
    explanation = lazy_gettext(
        "The rest is paid by card through Stripe; then a code of your pool is shown to its owner."
    )
    template = "rewards/kinds/points_plus_cash.html"
    staff_template = "rewards/kinds/points_plus_cash_staff.html"

    def what_next(self, reward: Reward) -> list[str]:
        return [
            _(
                "Next you pay %(amount)s by card on Stripe’s page. Then your own code is here, for you alone.",
                amount=cash_of(reward),
            ),
            _(
                "It is held for you for 30 minutes. If you don’t pay, nothing is taken and your points come back. "
                "Until you show the code, you can undo it for ten minutes: points and money go back."
            ),
        ]


FULFILMENT = PointsPlusCash()
