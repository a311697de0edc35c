"""The parts of a mission's form that belong to one kind each; what belongs to another kind is not saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Length, Optional, ValidationError

from portal.accounts.ports import NotAPostAddress, network_guide
from portal.missions.fields import LinesField, number, stripped
from portal.missions.managing import QuestionDraft
from portal.missions.models import Accepts, Mission, MissionKind, QuestionKind
from portal.missions.wording import ACCEPTS, QUESTION_KINDS

QUESTIONS_MAX = 10
QUESTIONS_BLANK = 3
CHOICES_MIN, CHOICES_MAX = 2, 8
POSTS_MAX = 5
MONTHS_MAX, MONTHS_USUAL = 120, 12
WELCOME_MAX = 100_000

NOT_ON_NETWORKS = frozenset({MissionKind.REFER, MissionKind.HOST, MissionKind.FEEDBACK})
"""Kinds for which nothing is handed in that stands on a network."""
OF_POSTS: dict[str, Any] = {
    "platforms": [], "required_tag": "", "link_target": "", "required_words": [], "required_mentions": [],
    "language": "", "media": "", "original_work": False, "handle_days_min": 0, "followers_min": 0,
}  # fmt: skip
"""What a mission asks of a post, and how it stands where there is none."""


class QuestionForm(Form):
    """One question of a `feedback` mission; an empty one is left out."""

    text = StringField(_l("Question"), filters=[stripped], validators=[Optional(), Length(max=300)])
    kind = SelectField(
        _l("Answered by"), choices=[SelectChoice(each.value, QUESTION_KINDS[each]) for each in QuestionKind],
        default=QuestionKind.TEXT.value,
    )  # fmt: skip
    choices = LinesField(_l("What to choose from"))
    needed = BooleanField(_l("Has to be answered"), default=True)

    def validate_choices(self, field: LinesField) -> None:
        if not self.text.data or self.kind.data != QuestionKind.CHOICE:
            return
        if not CHOICES_MIN <= len(set(field.data or [])) == len(field.data or []) <= CHOICES_MAX:
            raise ValidationError(_("Give two to eight different answers to choose from, one in each line."))


class KindAsks:
    """Fields that `MissionForm` takes over."""

    accepts = SelectMultipleField(
        _l("What counts"), choices=[SelectChoice(each.value, ACCEPTS[each]) for each in Accepts],
        default=[Accepts.ORIGINAL.value],
    )  # fmt: skip
    brand_posts = LinesField(_l("Our posts to quote or repost"))
    conversations = LinesField(_l("Posts to answer"))
    takes_files = BooleanField(_l("Pictures can be handed in instead of a post"))
    use_purpose = StringField(
        _l("What we may use them for"), filters=[stripped], validators=[Optional(), Length(max=300)]
    )
    use_months = number(_l("For how many months"), 1, MONTHS_MAX, needed=False)
    newcomer_points = number(_l("Points for the new person"), 0, WELCOME_MAX, needed=False)
    questions = FieldList(FormField(QuestionForm), max_entries=QUESTIONS_MAX)

    kind: Any

    def offer_questions(self) -> None:
        """Some blank ones below those that are there."""
        blank = sum(not entry.text.data for entry in self.questions)
        while len(self.questions) < QUESTIONS_MAX and blank < QUESTIONS_BLANK:
            self.questions.append_entry()
            blank += 1

    def validate_accepts(self, field: Any) -> None:
        if self.kind.data == MissionKind.SHARE and not field.data:
            raise ValidationError(_("Tick at least one thing that counts."))

    def validate_brand_posts(self, field: Any) -> None:
        if self.kind.data != MissionKind.SHARE:
            return
        if set(self.accepts.data or []) & {Accepts.QUOTE, Accepts.REPOST} and not field.data:
            raise ValidationError(_("Give the address of the post that people quote or repost."))
        _read_posts(field)

    def validate_conversations(self, field: Any) -> None:
        if self.kind.data == MissionKind.ENGAGE:
            _read_posts(field)

    def validate_questions(self, field: Any) -> None:
        if self.kind.data == MissionKind.FEEDBACK and not self.question_drafts():
            raise ValidationError(_("Ask at least one question."))

    def question_drafts(self) -> list[QuestionDraft]:
        """The questions that hold text, in their order; none for another kind."""
        if self.kind.data != MissionKind.FEEDBACK:
            return []
        return [
            QuestionDraft(
                entry.text.data, entry.kind.data, entry.choices.data if entry.kind.data == QuestionKind.CHOICE else [],
                bool(entry.needed.data),
            )
            for entry in self.questions
            if entry.text.data
        ]  # fmt: skip

    def for_kind(self, values: dict[str, Any]) -> dict[str, Any]:
        """`values` of the whole form, without what belongs to another kind."""
        kind = MissionKind(self.kind.data)
        told = set(values["accepts"] or [])
        accepts = [each.value for each in Accepts if each in told] if kind is MissionKind.SHARE else []
        about_ours = bool(set(accepts) & {Accepts.QUOTE, Accepts.REPOST})
        files = kind is MissionKind.CREATE and bool(values["takes_files"])
        return {
            **values,
            "accepts": accepts or [Accepts.ORIGINAL.value],
            "brand_posts": _posts_of(self.brand_posts) if about_ours else [],
            "conversations": _posts_of(self.conversations) if kind is MissionKind.ENGAGE else [],
            "takes_files": files,
            "use_purpose": (values["use_purpose"] or "") if files else "",
            "use_months": (values["use_months"] or MONTHS_USUAL) if files else MONTHS_USUAL,
            "newcomer_points": (values["newcomer_points"] or 0) if kind is MissionKind.REFER else 0,
            **(OF_POSTS if kind in NOT_ON_NETWORKS else {}),
        }


def kind_values(mission: Mission) -> dict[str, Any]:
    """What the form shows of a mission's posts and questions."""
    return {
        "brand_posts": [each["url"] for each in mission.brand_posts],
        "conversations": [each["url"] for each in mission.conversations],
        "questions": [
            {"text": each.text, "kind": each.kind, "choices": each.choices, "needed": each.needed}
            for each in mission.questions
        ],
    }


def _read_posts(field: Any) -> None:
    """Understand each line as the address of a post. Raises ValidationError naming the first that is none."""
    lines: Sequence[str] = field.data or []
    if len(lines) > POSTS_MAX:
        raise ValidationError(_("Five addresses are the most."))
    for line in lines:
        try:
            network_guide().post_at(line)
        except NotAPostAddress as refused:
            raise ValidationError(f"{line[:80]}: {refused.sentence}") from refused


def _posts_of(field: Any) -> list[dict[str, str]]:
    found = {}
    for line in field.data or []:
        post = network_guide().post_at(line)
        found[post.key] = {"platform": post.platform, "url": post.url, "key": post.key}
    return list(found.values())
