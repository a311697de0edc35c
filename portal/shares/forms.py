"""What is typed about shares."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField, URLField
from wtforms.validators import DataRequired, Length

from portal.shares.appealing import TEXT_LENGTH_MAX


class SubmitForm(FlaskForm):
    """One address; what it leads to is for the networks to say."""

    url = URLField(_l("Address of your post"))


class AppealForm(FlaskForm):
    text = TextAreaField(
        _l("In your words"),
        validators=[
            DataRequired(_l("Say what we should look at again.")),
            Length(max=TEXT_LENGTH_MAX, message=_l("Keep it below 2,000 letters.")),
        ],
    )
