"""The season's form: days in the editor's own time zone, stored as moments in UTC."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import get_timezone
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from portal.campaigns.models import PERCENT_MAX, Campaign, PrimaryGoal
from portal.campaigns.planning import SeasonPlan
from portal.campaigns.wording import GOALS
from portal.kernel.form import FlaskForm
from portal.kernel.typed import YEARS, WholeNumberField, utc_from_local

POINTS_MAX = 10_000_000
TARGET_MAX = 1_000_000_000


class DayField(DateField):
    """A day of the years in which seasons can lie."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and self.data.year not in YEARS:
            raise ValueError(self.gettext("Not a valid date value."))


class SeasonForm(FlaskForm):
    """Name, days, exactly one goal, target and points."""

    version = HiddenField()
    idempotency_key = HiddenField()
    name = StringField(
        _l("Name"),
        filters=[lambda text: text.strip() if text else text],
        validators=[DataRequired(_l("Give the season a name that fans will see.")), Length(max=120)],
    )
    summary = TextAreaField(_l("What it is about"), validators=[Optional(), Length(max=1000)])
    starts_on = DayField(_l("First day"), validators=[DataRequired(_l("Choose the season’s first day."))])
    ends_on = DayField(_l("Last day"), validators=[DataRequired(_l("Choose the season’s last day."))])
    primary_goal = RadioField(
        _l("The one goal"),
        choices=[SelectChoice(goal.value, words) for goal, words in GOALS.items()],
        validators=[DataRequired(_l("Choose one goal. A season with two can’t say whether it worked."))],
    )
    target = WholeNumberField(
        _l("Target"),
        validators=[
            Optional(),
            NumberRange(1, TARGET_MAX, _l("The target is a whole number from 1 to 1,000,000,000.")),
        ],
    )
    target_unit = StringField(_l("What the target counts"), validators=[Length(max=60)])
    points_budget = WholeNumberField(
        _l("Points budget"),
        validators=[
            InputRequired(_l("Say how many points this season may give.")),
            NumberRange(0, POINTS_MAX, _l("The budget is a whole number from 0 to 10,000,000.")),
        ],
    )
    points_percent = WholeNumberField(
        _l("What missions pay, in percent"),
        default=100,
        validators=[
            Optional(),
            NumberRange(100, PERCENT_MAX, _l("A season pays from 100 to 300 percent of what its missions say.")),
        ],
    )
    why = StringField(_l("Why you change it"), validators=[Length(max=300)])

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.never_ends = campaign is not None and campaign.ends_at is None
        self._campaign = campaign
        if self.never_ends:
            del self.starts_on, self.ends_on

    def validate_ends_on(self, field: DateField) -> None:
        if self.starts_on.data and field.data and field.data < self.starts_on.data:
            raise ValidationError(_l("The last day can’t come before the first."))

    def validate_target_unit(self, field: StringField) -> None:
        if self.target.data and not (field.data or "").strip():
            raise ValidationError(_l("Say what the target counts, such as “repairs booked”."))

    def validate_why(self, field: StringField) -> None:
        if self._campaign is not None and not (field.data or "").strip():
            raise ValidationError(_l("Say in a few words why you change the season. It is kept with the change."))

    def plan(self) -> SeasonPlan:
        """What was typed, as the verbs take it."""
        return SeasonPlan(
            name=self.name.data,
            summary=(self.summary.data or "").strip(),
            primary_goal=PrimaryGoal(self.primary_goal.data),
            target=self.target.data,
            target_unit=(self.target_unit.data or "").strip(),
            starts_at=self._campaign.starts_at if self._campaign and self.never_ends else start_of(self.starts_on.data),
            ends_at=None if self.never_ends else start_of(self.ends_on.data + timedelta(days=1)),
            points_budget=self.points_budget.data,
            points_percent=self.points_percent.data or (self._campaign.points_percent if self._campaign else 100),
        )


def form_values(campaign: Campaign) -> dict[str, Any]:
    """A season as the form shows it."""
    zone = get_timezone()
    ends_at = campaign.ends_at
    return {
        "version": str(campaign.lock_version),
        "name": campaign.name,
        "summary": campaign.summary,
        "starts_on": campaign.starts_at.astimezone(zone).date(),
        "ends_on": (ends_at - timedelta(seconds=1)).astimezone(zone).date() if ends_at else None,
        "primary_goal": campaign.primary_goal,
        "target": campaign.target,
        "target_unit": campaign.target_unit,
        "points_budget": campaign.points_budget,
        "points_percent": campaign.points_percent,
    }


def start_of(day: date) -> datetime:
    """The moment at which `day` begins where the editor lives."""
    return utc_from_local(datetime.combine(day, time.min))
