"""What is typed about shares."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField, URLField
from wtforms.validators import DataRequired, Length

from portal.shares.appealing import TEXT_LENGTH_MAX
from portal.shares.composing import TEXT_LENGTH_MAX as CAPTION_LENGTH_MAX


class SubmitForm(FlaskForm):
    """One address; what it leads to is for the networks to say."""

    url = URLField(_l("Address of your post"))


class CaptionForm(FlaskForm):
    """A caption before it is posted; nothing about it is refused but its length."""

    text = TextAreaField(
        _l("Your caption"),
        validators=[Length(max=CAPTION_LENGTH_MAX, message=_l("No network takes a caption as long as this."))],
    )
    platform = SelectField(_l("Written for"), validate_choice=False)


class AppealForm(FlaskForm):
    text = TextAreaField(
        _l("In your words"),
        validators=[
            DataRequired(_l("Say what we should look at again.")),
            Length(max=TEXT_LENGTH_MAX, message=_l("Keep it below 2,000 letters.")),
        ],
    )
