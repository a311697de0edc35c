"""Points, and the rest in money, for something that is sent: its owner says where to before they pay."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.rewards.fulfilment.physical import Physical
from portal.rewards.fulfilment.with_cash import WithCash, cash_of
from portal.rewards.models import Reward, RewardKind


class ParcelPlusCash(WithCash, Physical):
    KIND = RewardKind.PARCEL_PLUS_CASH
    icon = "package-check"
    label = lazy_gettext("Something that is sent, for points plus cash")
    explanation = lazy_gettext(
        "People say where to and pay the rest by card through Stripe; then you pack and send it."
    )
    template = "rewards/kinds/parcel_plus_cash.html"
    staff_template = "rewards/kinds/parcel_plus_cash_staff.html"

    def what_next(self, reward: Reward) -> list[str]:
        return [
            _(
                "Next you pay %(amount)s by card on Stripe’s page. Then we pack it and tell you when it is on its way.",
                amount=cash_of(reward),
            ),
            _(
                "It is held for you for 30 minutes. If you don’t pay, nothing is taken and your points come back. "
                "Until it is sent you can cancel it: points and money go back."
            ),
        ]


FULFILMENT = ParcelPlusCash()
