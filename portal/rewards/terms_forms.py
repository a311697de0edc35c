"""The forms of rewards that need Stripe: what a promotion code gives, and what is paid besides the points."""

from __future__ import annotations

from decimal import Decimal

from flask import current_app
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from portal.kernel.apart import ApartForm
from portal.kernel.formatting import from_minor, to_minor
from portal.kernel.typed import AmountField, WholeNumberField
from portal.rewards.models import Reward
from portal.rewards.stripe.models import PromotionTerms
from portal.rewards.stripe.terms import Gives

CASH_MIN, CASH_MAX = Decimal("0.50"), Decimal("9999.99")


def strip(text: str | None) -> str | None:
    return text.strip() if text else text


class PromotionForm(ApartForm):
    """What a promotion code gives: exactly one of the first three."""

    own_name = "promotion"
    percent_off = WholeNumberField(
        _l("Per cent off"), validators=[Optional(), NumberRange(1, 100, _l("Between 1 and 100 per cent."))]
    )
    amount_off = AmountField(
        _l("Amount off"),
        validators=[Optional(), NumberRange(Decimal("0.01"), CASH_MAX, _l("An amount like 5 or 5.50."))],
    )
    coupon_id = StringField(
        _l("A coupon of your own"),
        filters=[strip],
        validators=[Length(max=200), Optional(), Regexp(r"[\w-]+\Z", message=_l("Its id as Stripe shows it."))],
    )
    valid_days = WholeNumberField(
        _l("Works for how many days"),
        default=90,
        validators=[
            InputRequired(_l("Say how many days, as a whole number.")),
            NumberRange(1, 730, _l("Between 1 and 730 days.")),
        ],
    )
    for_customer = BooleanField(_l("Only for the person’s own customer account"), default=True)

    @classmethod
    def showing(cls, terms: PromotionTerms | None) -> PromotionForm:
        """As it is now."""
        if terms is None:
            return cls(formdata=None)
        amount = None if terms.amount_off_minor is None else from_minor(terms.amount_off_minor, terms.currency)
        return cls(formdata=None, obj=terms, amount_off=amount)

    def validate_valid_days(self, _field: WholeNumberField) -> None:
        given = [each for each in (self.percent_off, self.amount_off, self.coupon_id) if each.data]
        if len(given) != 1:
            raise ValidationError(str(_l("Say one of the three: per cent off, amount off, or a coupon of your own.")))

    def gives(self) -> Gives:
        """Once it is valid."""
        currency = current_app.config["SETTINGS"].currency
        return Gives(
            percent_off=self.percent_off.data,
            amount_off_minor=None if self.amount_off.data is None else to_minor(self.amount_off.data, currency),
            coupon_id=self.coupon_id.data or None,
            valid_days=self.valid_days.data or 0,
            for_customer=bool(self.for_customer.data),
        )


class CashForm(ApartForm):
    own_name = "cash"
    amount = AmountField(
        _l("Paid in money besides the points"),
        validators=[
            InputRequired(_l("Say how much is paid, like 10.60.")),
            NumberRange(CASH_MIN, CASH_MAX, _l("Between 0.50 and 9,999.99: Stripe takes no less.")),
        ],
    )

    @classmethod
    def showing(cls, reward: Reward) -> CashForm:
        """As it is now."""
        if reward.cash_minor is None or reward.cash_currency is None:
            return cls(formdata=None)
        return cls(formdata=None, amount=from_minor(reward.cash_minor, reward.cash_currency))

    def minor(self) -> int:
        """Once it is valid: in the currency's smallest unit."""
        return to_minor(self.amount.data or Decimal(0), current_app.config["SETTINGS"].currency)
