"""What is typed about shares."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import SelectField, StringField, TextAreaField, URLField
from wtforms.validators import DataRequired, Length, Optional

from portal.kernel.form import FlaskForm
from portal.shares.appealing import TEXT_LENGTH_MAX
from portal.shares.composing import TEXT_LENGTH_MAX as CAPTION_LENGTH_MAX
from portal.shares.pictures import ALT_LENGTH_MAX
from portal.shares.screenshots import WORDS_LENGTH_MAX


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


class ScreenshotForm(FlaskForm):
    """A picture of a post that we can't read, and a sentence beside it; one of them is enough."""

    file = FileField(_l("A screenshot"))
    alt = StringField(
        _l("What it shows"),
        validators=[Optional(), Length(max=ALT_LENGTH_MAX, message=_l("Keep it below 300 letters."))],
    )
    words = TextAreaField(
        _l("Something we should know"),
        validators=[Optional(), Length(max=WORDS_LENGTH_MAX, message=_l("Keep it below 500 letters."))],
    )
