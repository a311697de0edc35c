"""Fields that the forms of a mission share: short lines, whole numbers, text without blanks around it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from portal.kernel.typed import WholeNumberField
from portal.missions.audience import TOPIC_LENGTH_MAX, TOPICS_MAX

LINES_MAX = 12
LINE_LENGTH_MAX = 200


class LinesField(TextAreaField):
    """A list of short lines, typed one below the other."""

    def _value(self) -> str:
        return "\n".join(self.data or []) if not self.raw_data else self.raw_data[0]

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0] if valuelist else ""
        self.data = [line.strip() for line in typed.splitlines() if line.strip()]

    def pre_validate(self, form: Any) -> None:
        if len(self.data or []) > LINES_MAX:
            raise ValidationError(_("Twelve lines are the most that somebody reads. Shorten the list."))
        if any(len(line) > LINE_LENGTH_MAX for line in self.data or []):
            raise ValidationError(_("One of the lines is longer than 200 characters. Shorten it."))


def number(label: Any, low: int, high: int, *, needed: bool = True) -> WholeNumberField:
    """A whole number of these limits; one that isn't needed is `low` where nothing was typed."""
    message = _l("Type a whole number from %(low)d to %(high)d.", low=low, high=high)
    first = InputRequired(message) if needed else Optional()
    return WholeNumberField(label, validators=[first, NumberRange(low, high, message)], default=None if needed else low)


def stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class TopicsField(StringField):
    """Topics with commas between them."""

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ", ".join(self.data or [])

    def pre_validate(self, form: Any) -> None:
        words = self.data or []
        if len(words) > TOPICS_MAX or any(len(word) > TOPIC_LENGTH_MAX for word in words):
            raise ValidationError(
                _("Twenty topics of up to 40 letters each are the most. Shorten the list, with commas between topics.")
            )

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0] if valuelist else ""
        self.data = [word.strip() for word in typed.split(",") if word.strip()]
