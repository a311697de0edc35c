"""What staff say about the kinds: when and where, which file, which cause; and gifts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from portal.campaigns.models import Campaign
from portal.kernel.apart import ApartForm
from portal.kernel.form import FlaskForm
from portal.kernel.formatting import points
from portal.kernel.local_moment import LocalMomentField
from portal.points import budgets
from portal.rewards.forms import KEY_LENGTH_MAX, strip


class EventForm(ApartForm):
    own_name = "event"
    starts_at = LocalMomentField(_l("When it begins"), validators=[InputRequired(_l("Say when it begins."))])
    place = StringField(
        _l("Where"),
        filters=[strip],
        validators=[
            DataRequired(_l("Say where it is, so that people find it.")),
            Length(max=200, message=_l("Keep it within 200 letters.")),
        ],
    )


class FileForm(ApartForm):
    own_name = "download"
    file = FileField(_l("The file"), validators=[FileRequired(_l("Choose the file first."))])


class CauseForm(ApartForm):
    own_name = "cause"
    name = StringField(
        _l("The cause"),
        filters=[strip],
        validators=[
            DataRequired(_l("Say what the points go to.")),
            Length(max=120, message=_l("Keep it within 120 letters.")),
        ],
    )


class CheckInForm(FlaskForm):
    code = StringField(_l("Code on the ticket"), filters=[strip], validators=[DataRequired(_l("Type the code first."))])


class GiftForm(ApartForm):
    """To whom, why, and which budget pays."""

    own_name = "gift"
    idempotency_key = HiddenField(validators=[DataRequired(), Length(max=KEY_LENGTH_MAX)])
    who = StringField(
        _l("To whom"),
        filters=[strip],
        validators=[DataRequired(_l("Say whose it is: their name or e-mail address.")), Length(max=254)],
    )
    campaign = SelectField(_l("Which budget pays"), validators=[InputRequired(_l("Choose the budget."))])
    why = TextAreaField(
        _l("Why"),
        filters=[strip],
        validators=[
            DataRequired(_l("Say why: they read it.")),
            Length(max=500, message=_l("Keep it within 500 letters.")),
        ],
    )

    def __init__(self, *args: Any, campaigns: Sequence[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = budgets.left_of([each.id for each in campaigns])
        self.campaign.choices = [
            SelectChoice(each.id, _("%(budget)s: %(points)s left", budget=each.name, points=points(left[each.id])))
            for each in campaigns
        ]
