"""What people type about themselves."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from portal.accounts import places, rules, wording
from portal.accounts.models import AdvocacyRole
from portal.kernel.form import FlaskForm

NAME_LENGTH_MAX = 80
EMAIL_LENGTH_MAX = 254


def tidy(value: str | None) -> str:
    """Without space around it, and without doubled space inside."""
    return " ".join((value or "").split())


def printable(_form: FlaskForm, field: Field) -> None:
    """No control characters: a name ends up in headers and mail (PROMISES P-16)."""
    if field.data and not field.data.isprintable():
        raise ValidationError(_("Use letters, digits and spaces; leave out invisible characters."))


def deliverable(_form: FlaskForm, field: Field) -> None:
    try:
        field.data = validate_email(field.data, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValidationError(_("Enter a full address, like ada@example.org.")) from None


class AgeForm(FlaskForm):
    """The first thing that is asked, before anything else is collected (PROMISES P-38)."""

    country = SelectField(_l("Where do you live?"), validators=[InputRequired(_l("Choose the country you live in."))])
    old_enough = RadioField(
        _l("Your age"), validators=[Optional(), AnyOf(["yes", "no"])], choices=[], validate_choice=False
    )
    age_asked = HiddenField()
    """The limit that the question named; another country may have another one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.country.choices = [
            SelectChoice("", _l("Choose a country")),
            *[SelectChoice(code, name) for code, name in places.countries(str(get_locale()))],
        ]
        self.old_enough.choices = [
            SelectChoice("yes", _l("I am %(limit)s or older", limit=self.limit)),
            SelectChoice("no", _l("I am younger than %(limit)s", limit=self.limit)),
        ]

    @property
    def limit(self) -> int:
        """Years one must have lived in the country chosen."""
        return rules.age_limit(self.country.data or "")

    @property
    def is_asked(self) -> bool:
        """Whether the page asked about this very limit."""
        return bool(self.age_asked.data == str(self.limit))

    def answered(self) -> bool | None:
        """Old enough, too young, or None when the question for this country still has to be answered."""
        if not self.is_asked or self.old_enough.data not in ("yes", "no"):
            return None
        return bool(self.old_enough.data == "yes")


class AboutForm(FlaskForm):
    """Name, address, language, time zone, and how somebody likes to help."""

    display_name = StringField(
        _l("Your name"),
        filters=[tidy],
        validators=[
            InputRequired(_l("Enter the name that others here should see.")),
            Length(max=NAME_LENGTH_MAX, message=_l("Up to 80 letters.")),
            printable,
        ],
    )
    email = EmailField(
        _l("E-mail"),
        filters=[tidy],
        validators=[
            Optional(),
            Length(max=EMAIL_LENGTH_MAX, message=_l("This address is too long.")),
            deliverable,
        ],
    )
    locale = SelectField(_l("Language"))
    time_zone = SelectField(_l("Time zone"))
    advocacy_roles = SelectMultipleField(
        _l("How would you like to take part?"),
        choices=[SelectChoice(role.value, name) for role, name in wording.ADVOCACY_ROLES.items()],
        validators=[InputRequired(_l("Choose at least one. You can change it any time."))],
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        languages = current_app.config["SETTINGS"].languages
        self.locale.choices = [SelectChoice(code, places.language_name(code)) for code in languages]
        self.time_zone.choices = [SelectChoice(zone, zone.replace("_", " ")) for zone in places.time_zones()]

    @property
    def chosen_roles(self) -> list[AdvocacyRole]:
        return [AdvocacyRole(role) for role in self.advocacy_roles.data or []]


class JoinForm(AboutForm):
    """What is asked once somebody is old enough."""

    terms = BooleanField(
        _l("I agree to the terms"), validators=[InputRequired(_l("We need your agreement before you can join."))]
    )


class ProfileForm(AboutForm):
    """The same later, and the country."""

    country = SelectField(_l("Country"), validators=[InputRequired(_l("Choose the country you live in."))])
    old_enough = BooleanField(_l("I am old enough"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.country.choices = [SelectChoice(code, name) for code, name in places.countries(str(get_locale()))]


class NetworkForm(FlaskForm):
    """The handle or the server that somebody signs in with."""

    typed = StringField(
        filters=[tidy],
        validators=[
            InputRequired(_l("Type it first.")),
            Length(max=500, message=_l("This is too long for an account’s address.")),
        ],
    )


class HandleForm(FlaskForm):
    """An account on a network."""

    platform = RadioField(_l("Network"), validators=[InputRequired(_l("Choose a network."))])
    typed = StringField(
        _l("Your account there"),
        filters=[tidy],
        validators=[
            InputRequired(_l("Type the name of your account, or its address.")),
            Length(max=500, message=_l("This is too long for an account’s address.")),
        ],
    )
