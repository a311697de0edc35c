"""What managers type about points: an adjustment with its reason, an answer, the programme's rules."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from portal.kernel.form import FlaskForm
from portal.kernel.typed import WholeNumberField
from portal.points.adjusting import POINTS_MAX
from portal.points.rules import Expiry, ExpiryKind
from portal.points.wording import MONTH_NAMES

REASON_MIN, REASON_MAX = 3, 500


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class AdjustForm(FlaskForm):
    """How many points, and why: the person reads it as it is typed."""

    points = WholeNumberField(
        _l("Points"),
        validators=[
            InputRequired(_l("Type a whole number: 50 adds, -50 takes.")),
            NumberRange(-POINTS_MAX, POINTS_MAX, _l("At most a million at once.")),
        ],
    )
    reason = TextAreaField(
        _l("Reason, as they read it"),
        filters=[_stripped],
        validators=[
            InputRequired(_l("Say why. They read it on their statement.")),
            Length(REASON_MIN, REASON_MAX, message=_l("Between 3 and 500 letters.")),
        ],
    )
    idempotency_key = HiddenField()

    def validate_points(self, field: WholeNumberField) -> None:
        if field.data == 0:
            raise ValidationError(_l("Zero points change nothing."))


class AnswerForm(FlaskForm):
    """Why an adjustment is refused, for whoever asked."""

    answer = TextAreaField(
        _l("Why not"),
        filters=[_stripped],
        validators=[
            InputRequired(_l("Say why: your colleague asked for it.")),
            Length(REASON_MIN, REASON_MAX, message=_l("Between 3 and 500 letters.")),
        ],
    )


class RulesForm(FlaskForm):
    """When points expire, who adjusts alone."""

    expiry_kind = RadioField(
        _l("Do points expire?"),
        choices=[
            SelectChoice(ExpiryKind.NONE.value, _l("Never")),
            SelectChoice(ExpiryKind.ROLLING.value, _l("Some months after they were earned")),
            SelectChoice(ExpiryKind.FIXED.value, _l("On one day of the year")),
        ],
        validators=[InputRequired(_l("Choose one."))],
    )
    expiry_months = WholeNumberField(
        _l("Months they last"),
        validators=[
            InputRequired(_l("Type a whole number from 0 to 120.")),
            NumberRange(0, 120, _l("Type a whole number from 0 to 120.")),
        ],
    )
    fixed_month = SelectField(
        _l("Month"), coerce=int, choices=[SelectChoice(number, name) for number, name in MONTH_NAMES.items()]
    )
    fixed_day = WholeNumberField(
        _l("Day"),
        validators=[
            InputRequired(_l("Type a day from 1 to 31.")), NumberRange(1, 31, _l("Type a day from 1 to 31.")),
        ],
    )  # fmt: skip
    for_all_points = BooleanField(_l("Also for points that people have already"))
    alone_max = WholeNumberField(
        _l("Points one person adjusts alone"),
        validators=[
            InputRequired(_l("Type a whole number, 0 for none.")),
            NumberRange(0, POINTS_MAX, _l("Type a whole number, 0 for none.")),
        ],
    )
    why = TextAreaField(
        _l("Why you change it"),
        filters=[_stripped],
        validators=[InputRequired(_l("Say in a few words why. It is kept with the change.")), Length(max=300)],
    )
    seen_version = HiddenField()

    def validate_expiry_months(self, field: WholeNumberField) -> None:
        if self.expiry_kind.data == ExpiryKind.ROLLING and not field.data:
            raise ValidationError(_l("Points last at least one month."))

    @property
    def expiry(self) -> Expiry:
        return Expiry(
            ExpiryKind(self.expiry_kind.data), _number(self.expiry_months), _number(self.fixed_month),
            _number(self.fixed_day),
        )  # fmt: skip


def _number(field: Any) -> int:
    return int(field.data or 0)
