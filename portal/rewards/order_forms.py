"""The forms of staff's pages of orders."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from portal.kernel.apart import ApartForm
from portal.kernel.form import FlaskForm
from portal.rewards.forms import strip
from portal.rewards.problem_models import ProblemState

WHY_LENGTH_MAX = 500


def _why(label: object, missing: object) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[strip],
        validators=[
            DataRequired(missing),
            Length(max=WHY_LENGTH_MAX, message=_l("Keep it within 500 letters.")),
        ],
    )


class RefundForm(ApartForm):
    own_name = "refund"
    why = _why(_l("Why do the points go back?"), _l("Say why: its owner reads it."))
    back_in_stock = BooleanField(_l("One more is in stock again"), default=True)


class BackForm(ApartForm):
    own_name = "back"
    why = _why(_l("What happened?"), _l("Say what happened: its owner reads it."))


class SentForm(ApartForm):
    own_name = "sent"
    carrier = StringField(
        _l("Carrier"), filters=[strip], validators=[Length(max=60, message=_l("Keep it within 60 letters."))]
    )
    tracking = StringField(
        _l("Tracking number"), filters=[strip], validators=[Length(max=80, message=_l("Keep it within 80 letters."))]
    )


class ProblemForm(FlaskForm):
    """What its owner says is wrong."""

    text = TextAreaField(
        _l("What is wrong?"),
        filters=[strip],
        validators=[
            DataRequired(_l("Say what is wrong, so that we can put it right.")),
            Length(max=1000, message=_l("Keep it within 1,000 letters.")),
        ],
    )


class AnswerForm(ApartForm):
    own_name = "answer"
    how = RadioField(
        _l("Your answer"),
        choices=[
            SelectChoice(ProblemState.REPLACED.value, _l("Replace it")),
            SelectChoice(ProblemState.REFUNDED.value, _l("Give the points back")),
            SelectChoice(ProblemState.REFUSED.value, _l("Leave it as it is")),
        ],
        validators=[InputRequired(_l("Choose an answer."))],
    )
    why = _why(_l("Why"), _l("Say why: its owner reads it."))

    def offering(self, *, replacement: bool) -> Self:
        """The form with the answers that can be given now. What was sent stays valid: the verb says why not."""
        if not replacement:
            self.how.choices = [each for each in self.how.choices if each.value != ProblemState.REPLACED]
        return self


class Bulk(StrEnum):
    """What can be done with many orders at once."""

    SENT = "sent"
    DELIVERED = "delivered"
    REFUND = "refund"


class BulkForm(ApartForm):
    """The chosen orders are `order` fields beside it."""

    own_name = "bulk"
    what = RadioField(
        _l("What happened to the chosen ones?"),
        choices=[
            SelectChoice(Bulk.SENT.value, _l("They have left: note them as sent")),
            SelectChoice(Bulk.DELIVERED.value, _l("They have arrived")),
            SelectChoice(Bulk.REFUND.value, _l("Their points go back")),
        ],
        default=Bulk.SENT.value,
    )
    why = TextAreaField(
        _l("Why, where points go back"),
        filters=[strip],
        validators=[Length(max=WHY_LENGTH_MAX, message=_l("Keep it within 500 letters."))],
    )
    back_in_stock = BooleanField(_l("One more of each is in stock again"), default=True)

    def validate_why(self, field: TextAreaField) -> None:
        if self.what.data == Bulk.REFUND and not field.data:
            raise ValidationError(str(_l("Say why: each owner reads it.")))


class TrackingForm(ApartForm):
    own_name = "tracking"
    file = FileField(
        _l("The packing list, with carrier and tracking written in"),
        validators=[FileRequired(_l("Choose the file first."))],
    )
