"""What moderators type: a decision, a time for later, a colleague's name. Verbs hold the rules once more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from flask_babel import get_timezone
from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, DataRequired, Length, Optional

from portal.kernel.form import FlaskForm
from portal.kernel.typed import utc_from_local, version_in
from portal.moderation.handling import NOTE_LENGTH_MAX
from portal.moderation.models import CaseKind, Verdict
from portal.moderation.queries import SHOWN, Filter
from portal.moderation.reviewing import MESSAGE_LENGTH_MAX

MORNING = time(9)
TEXT_LENGTH_MAX = 80
CONFIRMED_LENGTH_MAX = 500


class DecisionForm(FlaskForm):
    """One verdict with its reason. The page has three of these; which one was sent, `verdict` says."""

    verdict = HiddenField(validators=[AnyOf([verdict.value for verdict in Verdict])])
    seen_version = HiddenField(validators=[DataRequired()])
    reason_code = StringField(_l("Reason"), validators=[Optional(), Length(max=64)])
    message = TextAreaField(
        _l("Message"),
        validators=[Optional(), Length(max=MESSAGE_LENGTH_MAX, message=_l("Use up to 1,000 characters."))],
    )

    @property
    def version(self) -> int:
        """0, which no case has, for what is no number."""
        return version_in(self.seen_version.data)


class ConfirmForm(FlaskForm):
    """By what a moderator knows that an account is the person's. One for each account: the prefix is its id."""

    reason = TextAreaField(
        _l("How do you know?"),
        filters=[lambda text: (text or "").strip()],
        validators=[
            DataRequired(_l("Say how you know. Colleagues will ask.")),
            Length(3, CONFIRMED_LENGTH_MAX, message=_l("Between 3 and 500 letters.")),
        ],
    )


class LaterForm(FlaskForm):
    """When a case comes back: a ready choice, or a moment in the moderator's own zone."""

    when = RadioField(
        _l("Look at it again"),
        choices=[
            SelectChoice("hour", _l("In an hour")),
            SelectChoice("four_hours", _l("In four hours")),
            SelectChoice("morning", _l("Tomorrow at 9")),
            SelectChoice("at", _l("At a time of your choice")),
        ],
        default="hour",
        validators=[DataRequired(_l("Choose when."))],
    )
    at = DateTimeLocalField(_l("Day and time"), validators=[Optional()])

    def until(self, now: datetime) -> datetime | None:
        """The moment in UTC; None where a time of one's choice is missing or makes no sense."""
        if self.when.data == "hour":
            return now + timedelta(hours=1)
        if self.when.data == "four_hours":
            return now + timedelta(hours=4)
        here = now.astimezone(get_timezone())
        if self.when.data == "morning":
            chosen = datetime.combine(here.date() + timedelta(days=1), MORNING)
        elif self.at.data is not None:
            chosen = self.at.data
        else:
            return None
        try:
            return utc_from_local(chosen)
        except ValueError:
            return None


class HandOverForm(FlaskForm):
    """To whom, and what they should know."""

    to = SelectField(_l("Colleague"), validators=[DataRequired(_l("Choose a colleague."))])
    note = TextAreaField(_l("Note for them"), validators=[Optional(), Length(max=NOTE_LENGTH_MAX)])


def filter_from(args: Mapping[str, str]) -> Filter:
    """The filter in an address; what makes no sense is left out."""
    shown, kind = args.get("show", ""), args.get("kind", "")
    return Filter(
        shown=shown if shown in SHOWN else "",
        kind=kind if kind in set(CaseKind) else "",
        platform=args.get("platform", "")[:32],
        mission=args.get("mission", "")[:26],
        why=args.get("why", "")[:64],
        text=args.get("q", "").strip()[:TEXT_LENGTH_MAX],
    )
