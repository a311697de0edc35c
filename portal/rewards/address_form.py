"""What the confirmation asks for before something is sent: which sort, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.accounts.places import countries
from portal.kernel.form import FlaskForm
from portal.rewards.addresses import Address, problems, rule_of, tidy_postcode
from portal.rewards.kind_models import RewardVariant

LINE_LENGTH_MAX = 120


def _tidy(text: str | None) -> str:
    return " ".join((text or "").split())


def _line(label: Any, autocomplete: str) -> StringField:
    return StringField(
        label,
        filters=[_tidy],
        validators=[Length(max=LINE_LENGTH_MAX, message=_l("Keep it within 120 letters."))],
        render_kw={"autocomplete": autocomplete},
    )


class SendForm(FlaskForm):
    """Sort and address. Which fields an address needs is its country's to say, so the form looks at them together."""

    variant = RadioField(_l("Which one?"), validators=[InputRequired(_l("Choose which one you would like."))])
    name = _line(_l("Full name"), "name")
    line1 = _line(_l("Street and number"), "address-line1")
    line2 = _line(_l("Flat, building or company, if there is one"), "address-line2")
    postcode = _line(_l("Postcode"), "postal-code")
    city = _line(_l("Town"), "address-level2")
    region = _line(_l("State, province or region, where the country needs it"), "address-level1")
    country = SelectField(
        _l("Country"),
        validators=[InputRequired(_l("Choose the country it is sent to."))],
        render_kw={"autocomplete": "country"},
    )

    def __init__(self, *args: Any, variants: Sequence[RewardVariant], to: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if variants:
            self.variant.choices = [
                SelectChoice(each.id, each.name if each.stock else _("%(variant)s (gone)", variant=each.name))
                for each in variants
            ]
        else:
            del self.variant
        self.country.choices = [
            SelectChoice(code, name) for code, name in countries(str(get_locale())) if not to or code in to
        ]

    @property
    def address(self) -> Address:
        parts = {name: self[name].data or "" for name in Address.__dataclass_fields__}
        return Address(**{**parts, "postcode": tidy_postcode(parts["postcode"])})

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        for field, code in problems(self.address).items():
            if not self[field].errors:
                self[field].errors = [self._sentence(field, code)]
                fine = False
        return fine

    def _sentence(self, field: str, code: str) -> str:
        if code == "not_a_postcode":
            example = rule_of(self.country.data).example
            return _("This is no postcode of that country. Write it like %(example)s.", example=example)
        return {
            "name": _("Say whose name is at the door."),
            "line1": _("Say the street and the number."),
            "postcode": _("Say the postcode: parcels to this country need one."),
            "city": _("Say the town."),
            "region": _("Say the state, province or region: parcels to this country need one."),
        }[field]
