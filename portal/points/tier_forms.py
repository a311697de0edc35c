"""The tiers as staff type them: up to six rows, an empty name leaves a row out."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from portal.kernel.form import FlaskForm
from portal.kernel.typed import WholeNumberField
from portal.points.tier_rules import Level, Plan

LEVELS_MAX = 6
POINTS_MAX, EARLY_HOURS_MAX, EXTRA_PERCENT_MAX = 10_000_000, 24 * 14, 100
SUGGESTED = {"window_months": 12, "grace_days": 30}


def _number(label: Any, low: int, high: int, *, needed: bool = False) -> WholeNumberField:
    message = _l("Type a whole number from %(low)d to %(high)d.", low=low, high=high)
    return WholeNumberField(
        label, validators=[InputRequired(message) if needed else Optional(), NumberRange(low, high, message)]
    )


class LevelForm(Form):
    """One tier."""

    name = StringField(
        _l("Name"), filters=[lambda typed: (typed or "").strip()],
        validators=[Length(max=40, message=_l("Keep the name within 40 letters."))],
    )  # fmt: skip
    points = _number(_l("Points"), 1, POINTS_MAX)
    early_hours = _number(_l("Hours early"), 0, EARLY_HOURS_MAX)
    extra_percent = _number(_l("Percent on top"), 0, EXTRA_PERCENT_MAX)


class TiersForm(FlaskForm):
    """All tiers, from the lowest up, and how they are counted."""

    seen = HiddenField(default="0")
    window_months = _number(_l("Months that count"), 1, 36, needed=True)
    grace_days = _number(_l("Days of grace"), 0, 366, needed=True)
    levels = FieldList(FormField(LevelForm), min_entries=LEVELS_MAX, max_entries=LEVELS_MAX)
    why = StringField(
        _l("Why you change it"),
        validators=[DataRequired(_l("Say in a few words why. It is kept with the change.")), Length(max=300)],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Beyond each field: a row has both name and points, and each tier asks for more than the one before."""
        fine = super().validate(extra_validators)
        least = 0
        for row in self.levels:
            if not row.form.name.data:
                continue
            points = row.form.points.data
            if points is None and not row.form.points.errors:
                row.form.points.errors = [_("Type the points that this tier takes.")]
                fine = False
            elif points is not None and points <= least:
                row.form.points.errors = [_("Each tier takes more points than the one before.")]
                fine = False
            least = max(least, points or 0)
        names = [row.form.name.data.casefold() for row in self.levels if row.form.name.data]
        if len(set(names)) < len(names):
            last = [row for row in self.levels if row.form.name.data][-1]
            last.form.name.errors = [_("Give each tier a name of its own.")]
            fine = False
        return fine

    def plan(self) -> Plan:
        """What was typed."""
        rows = [row.form for row in self.levels if row.form.name.data]
        return Plan(
            self.window_months.data or 0, self.grace_days.data or 0,
            tuple(
                Level(rank, row.name.data, row.points.data, row.early_hours.data or 0, row.extra_percent.data or 0)
                for rank, row in enumerate(rows, start=1)
            ),
        )  # fmt: skip
