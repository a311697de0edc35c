"""What staff type: a new guideline, the text of a draft, what stands around the text."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from portal.guidelines.models import GuidelineKind
from portal.guidelines.wording import IMPORTANCES, KINDS
from portal.kernel.form import FlaskForm

CLAIMS_MAX = 40
CLAIM_LENGTH_MAX = 120


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class SettingsForm(FlaskForm):
    """Title, kind, and whether a claim needs it."""

    title = StringField(
        _l("Title"),
        filters=[_stripped],
        validators=[DataRequired(_l("Give the guideline a title that fans will see.")), Length(max=120)],
    )
    kind = RadioField(
        _l("Kind"),
        choices=[SelectChoice(kind.value, words) for kind, words in KINDS.items()],
        default=GuidelineKind.GUIDELINE.value,
        validators=[DataRequired(_l("Choose what kind of text this is."))],
    )
    needed_to_claim = BooleanField(_l("Needed before a claim"))


class NewGuidelineForm(SettingsForm):
    """The above and the first text."""

    idempotency_key = HiddenField()
    body = TextAreaField(_l("Text"), validators=[DataRequired(_l("Write the text that people are to read."))])


class ChangeSettingsForm(SettingsForm):
    """The above with a reason, since it counts at once."""

    why = StringField(
        _l("Why you change it"),
        filters=[_stripped],
        validators=[DataRequired(_l("Say in a few words why. It is kept with the change.")), Length(max=300)],
    )


class DraftForm(FlaskForm):
    """The text of a version before anybody reads it. The first version has no importance and no change to explain."""

    seen_version = HiddenField()
    body = TextAreaField(_l("Text"), validators=[DataRequired(_l("Write the text that people are to read."))])
    importance = RadioField(
        _l("How much changed"),
        choices=[SelectChoice(value, words) for value, words in IMPORTANCES.items()],
        default="major",
        validators=[DataRequired(_l("Choose whether people have to read it again."))],
    )
    what_changed = TextAreaField(_l("What changed, and why"), filters=[_stripped], validators=[Length(max=1000)])
    forbidden_claims = TextAreaField(_l("Claims that nobody may make"), validators=[Length(max=4000)])

    @property
    def claims(self) -> list[str]:
        """The phrases, one of each line."""
        return [line.strip() for line in (self.forbidden_claims.data or "").splitlines() if line.strip()]

    def validate_forbidden_claims(self, field: TextAreaField) -> None:
        if len(self.claims) > CLAIMS_MAX or any(len(claim) > CLAIM_LENGTH_MAX for claim in self.claims):
            raise ValidationError(_("At most 40 claims, one in each line, each of at most 120 letters."))
