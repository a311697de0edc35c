"""Limits and topics, as a person types them for their own audience and staff for everybody's."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from portal.kernel.form import FlaskForm
from portal.kernel.typed import WholeNumberField
from portal.missions.fields import TopicsField, number

WEEK_MOST, MONTH_MOST, GAP_MOST = 21, 84, 336
"""Three posts a day, and two weeks between two: beyond that a limit says nothing."""


def _or_empty(label: Any, low: int, high: int) -> WholeNumberField:
    message = _l("Type a whole number from %(low)d to %(high)d.", low=low, high=high)
    return WholeNumberField(label, validators=[Optional(), NumberRange(low, high, message)])


class AudienceForm(FlaskForm):
    """A person's own limits, each of which may stay empty, and topics."""

    week_max = _or_empty(_l("Posts for us in 7 days, at most"), 1, WEEK_MOST)
    month_max = _or_empty(_l("Posts for us in 28 days, at most"), 1, MONTH_MOST)
    gap_hours = _or_empty(_l("Hours of rest between two posts"), 0, GAP_MOST)
    topics = TopicsField(_l("What you like to speak about"))


class LimitsForm(FlaskForm):
    """The limits that hold for everybody."""

    week_max = number(_l("Posts in 7 days, at most"), 1, WEEK_MOST)
    month_max = number(_l("Posts in 28 days, at most"), 1, MONTH_MOST)
    gap_hours = number(_l("Hours of rest between two posts"), 0, GAP_MOST)
    why = StringField(
        _l("Why you change it"),
        validators=[DataRequired(_l("Say in a few words why. It is kept with the change.")), Length(max=300)],
    )
