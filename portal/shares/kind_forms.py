"""What is typed where a mission asks for something else than a post. What is allowed is never ticked beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    Field,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from portal.kernel import clock
from portal.kernel.form import FlaskForm
from portal.kernel.typed import WholeNumberField
from portal.missions.models import Mission, MissionQuestion, QuestionKind
from portal.shares.handed_in_models import HandedPicture
from portal.shares.pictures import ALT_LENGTH_MAX

STORY_LENGTH_MAX = 5000
COMMENT_LENGTH_MAX = 2000
ANSWER_LENGTH_MAX = 2000
PEOPLE_MAX = 100_000
REPORTED_DAYS_MAX = 366
SCALE = range(1, 6)
ALT_PREFIX = "alt-"


def alts_in(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed about each picture, by its id."""
    return {
        name.removeprefix(ALT_PREFIX): value[:ALT_LENGTH_MAX]
        for name, value in typed.items()
        if name.startswith(ALT_PREFIX)
    }


class PicturesForm(FlaskForm):
    """Base of the forms to which pictures are added, one at a time; their descriptions stand beside them."""

    file = FileField(_l("Add a picture"))


class FilesForm(PicturesForm):
    agreed = BooleanField(
        _l("I allow it"), validators=[DataRequired(_l("Without your permission we can’t take pictures. Tick the box."))]
    )


class ReportForm(PicturesForm):
    held_on = DateField(_l("When was it?"), validators=[InputRequired(_l("Say on which day it was."))])
    place = StringField(
        _l("Where was it?"), validators=[DataRequired(_l("Say where it was, such as a town.")), Length(max=120)]
    )
    people_count = WholeNumberField(
        _l("How many people came?"),
        validators=[
            InputRequired(_l("Say how many came; about is fine.")),
            NumberRange(1, PEOPLE_MAX, _l("Type a whole number of at least 1.")),
        ],
    )
    story = TextAreaField(
        _l("How was it?"),
        validators=[
            DataRequired(_l("Tell us in a few sentences.")),
            Length(max=STORY_LENGTH_MAX, message=_l("Keep it below 5,000 letters.")),
        ],
    )
    shown_agreed = BooleanField(_l("Everybody who can be recognised agreed"))

    with_pictures = False

    def validate_held_on(self, field: DateField) -> None:
        if field.data is None:
            return  # no day at all: the field has said so
        latest = clock.now().date() + timedelta(days=1)  # it is tomorrow already, somewhere
        if field.data > latest:
            raise ValidationError(_("This day has not come yet. Report when it is over."))
        if field.data < latest - timedelta(days=REPORTED_DAYS_MAX):
            raise ValidationError(_("This is longer ago than a year. Check the year."))

    def validate_shown_agreed(self, field: BooleanField) -> None:
        if self.with_pictures and not field.data:
            raise ValidationError(_("Ask the people in your pictures first, or take those pictures out."))


class CommentForm(PicturesForm):
    url = URLField(_l("Address of the post that it is under"))
    text = TextAreaField(
        _l("What you wrote there"),
        validators=[
            DataRequired(_l("Copy your comment in here, so that a person can find it.")),
            Length(max=COMMENT_LENGTH_MAX, message=_l("Keep it below 2,000 letters.")),
        ],
    )


class AnswersForm(FlaskForm):
    """Base of the form that `answers_form` makes for a mission."""

    def answers(self, questions: Sequence[MissionQuestion]) -> dict[str, str]:
        """What was answered, by the question's id."""
        return {each.id: str(self[field_name(each)].data or "").strip() for each in questions}


def field_name(question: MissionQuestion) -> str:
    return f"answer_{question.position}"


def answers_form(mission: Mission, **kwargs: Any) -> AnswersForm:
    """A form with one field for each of the mission's questions."""
    fields = {field_name(question): _field(question) for question in mission.questions}
    return type("AnswersOfMission", (AnswersForm,), fields)(**kwargs)


def _field(question: MissionQuestion) -> Field:
    missing = _l("Answer “%(question)s”", question=question.text)
    if question.kind == QuestionKind.TEXT:
        long = Length(max=ANSWER_LENGTH_MAX, message=_l("Keep it below 2,000 letters."))
        return TextAreaField(question.text, validators=[DataRequired(missing) if question.needed else Optional(), long])
    values = question.choices if question.kind == QuestionKind.CHOICE else [str(each) for each in SCALE]
    first = InputRequired(missing) if question.needed else Optional()
    return RadioField(
        question.text, choices=[SelectChoice(value, value) for value in values], validate_choice=False,
        validators=[first, AnyOf(values, _l("Not a valid choice"))],
    )  # fmt: skip


def missing_alts(pictures: Sequence[HandedPicture]) -> dict[str, str]:
    """By picture, what is wrong with its description."""
    sentence = _("Describe the picture in a sentence, for people who can’t see it.")
    return {picture.id: sentence for picture in pictures if not picture.alt}
