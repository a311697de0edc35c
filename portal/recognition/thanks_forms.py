"""What is typed to thank somebody, and what staff give as a reason."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import DataRequired, Length

from portal.kernel.form import FlaskForm
from portal.recognition.thanks_rules import TEXT_LENGTH_MAX, TEXT_LENGTH_MIN, tidied

PUBLIC, PRIVATE = "public", "private"


class ThankForm(FlaskForm):
    """The words, and who may read them."""

    text = TextAreaField(
        _l("What for"), filters=[tidied],
        validators=[
            DataRequired(_l("Say what you thank them for: one sentence is plenty.")),
            Length(TEXT_LENGTH_MIN, TEXT_LENGTH_MAX, message=_l("Between 5 and 280 letters.")),
        ],
    )  # fmt: skip
    reading = RadioField(_l("Who reads it"), default=PRIVATE)
    meant = HiddenField()
    """Whom the page showed: a board may have changed since."""

    def offer(self, *, public: bool) -> None:
        """Which answers there are."""
        self.reading.choices = [SelectChoice(PRIVATE, _l("Only they"))]
        if public:
            self.reading.choices.append(SelectChoice(PUBLIC, _l("Everybody, on the wall")))


class ReasonForm(FlaskForm):
    """Why staff do it: kept with the change, and read by those whom it is about."""

    reason = TextAreaField(
        _l("Reason"), filters=[lambda typed: (typed or "").strip()],
        validators=[
            DataRequired(_l("Say why: the people it is about read it.")),
            Length(max=300, message=_l("Keep it within 300 letters.")),
        ],
    )  # fmt: skip
