"""What is typed to found or join a team, and what staff give as a reason."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from portal.kernel.form import FlaskForm
from portal.recognition.name_rules import NAME_LENGTH_MAX, tidied
from portal.recognition.team_rules import code_in
from portal.recognition.thanks_forms import ReasonForm

_NAME = [
    DataRequired(_l("Give it a name.")),
    Length(max=NAME_LENGTH_MAX, message=_l("Keep the name within 40 letters.")),
]


class FoundForm(FlaskForm):
    """A new team."""

    name = StringField(_l("Name of the team"), filters=[tidied], validators=_NAME)
    is_open = BooleanField(_l("Anybody may join"))


class JoinForm(FlaskForm):
    """By an invitation that somebody passed on."""

    code = StringField(
        _l("Invitation"), filters=[code_in], validators=[DataRequired(_l("Paste the link or the code you were given."))]
    )


class RenameForm(ReasonForm):
    """Another name, by staff."""

    name = StringField(_l("Name of the team"), filters=[tidied], validators=_NAME)
