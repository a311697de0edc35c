"""The mission's form and the picture's. Moments are typed in the editor's own time zone and stored in UTC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from portal.accounts.models import AdvocacyRole, Track
from portal.accounts.places import countries
from portal.accounts.ports import network_guide
from portal.campaigns.models import Campaign
from portal.kernel import rich_text
from portal.kernel.form import FlaskForm
from portal.kernel.local_moment import LocalMomentField
from portal.kernel.typed import WholeNumberField
from portal.missions.asks_form import PostAsks
from portal.missions.audience import topics_in
from portal.missions.bonus_form import BonusAsks
from portal.missions.disclosure_texts import CAPTION_LANGUAGES, LANGUAGES_OF_PLACE
from portal.missions.fields import LinesField, TopicsField, number, stripped
from portal.missions.kinds_form import KindAsks, kind_values
from portal.missions.managing import CaptionDraft, MissionPlan
from portal.missions.models import Mission, MissionKind, PostedFrom
from portal.missions.wording import KINDS, ROLES, TRACKS
from portal.points.tiers import plan_in_force

CAPTIONS_MAX = 8
CAPTIONS_BLANK = 2
PLACES_MAX = 100_000
POINTS_MAX = 100_000
HOURS_MAX = 24 * 60
DAYS_MAX = 365


class CaptionForm(Form):
    """One caption of the share kit; an empty one is left out."""

    text = TextAreaField(_l("Caption"), validators=[Optional(), Length(max=3000)])
    locale = SelectField(
        _l("Language of the caption"), choices=[SelectChoice(code, code) for code in CAPTION_LANGUAGES]
    )


def _words(label: Any, missing: Any, length: int, kind: Callable[..., Any] = StringField) -> Any:
    return kind(label, filters=[stripped], validators=[DataRequired(missing), Length(max=length)])


class MissionForm(PostAsks, BonusAsks, KindAsks, FlaskForm):
    """Everything about a mission but its pictures and its state."""

    version = HiddenField()
    idempotency_key = HiddenField()
    campaign_id = SelectField(_l("Season"))
    kind = RadioField(_l("Kind"), default=MissionKind.SHARE)
    title = _words(_l("Title"), _l("Give the mission a title that says what to do."), 120)
    summary = _words(_l("Summary"), _l("Say in one or two sentences what it is about."), 300, TextAreaField)
    brief = _words(_l("Brief"), _l("Write the brief: what to show, and why."), 20_000, TextAreaField)
    do = LinesField(_l("Do"))
    dont = LinesField(_l("Don’t"))
    captions = FieldList(FormField(CaptionForm), max_entries=CAPTIONS_MAX)
    platforms = SelectMultipleField(_l("Networks"))
    topics = TopicsField(_l("What it is about"))
    tracks = SelectMultipleField(_l("Who it is for"))
    roles = SelectMultipleField(_l("Roles"))
    lowest_tier = SelectField(_l("Lowest tier"), coerce=int, default=0)
    minutes = number(_l("How many minutes it takes"), 1, 600)
    places_total = number(_l("Places"), 1, PLACES_MAX)
    per_person_max = number(_l("How often one person may do it"), 1, 100)
    deliver_hours = number(_l("Hours between claim and post"), 1, HOURS_MAX)
    points_now = number(_l("Points when verified"), 0, POINTS_MAX)
    points_held = number(_l("Points after the hold"), 0, POINTS_MAX)
    hold_days = number(_l("Days the post stays up"), 0, DAYS_MAX)
    required_tag = StringField(_l("Tag"), filters=[stripped], validators=[Optional(), Length(max=80)])
    link_target = StringField(
        _l("Where the tracked link goes"), filters=[stripped], validators=[Optional(), Length(max=2000)]
    )
    link_or_tag = BooleanField(_l("Link or tag is enough"), default=True)
    jurisdiction = SelectField(_l("Advertising rules of"))
    opens_at = LocalMomentField(_l("Opens"), validators=[Optional()])
    closes_at = LocalMomentField(_l("Closes"), validators=[Optional()])

    def __init__(self, *args: Any, campaigns: Sequence[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign_id.choices = [SelectChoice(campaign.id, campaign.name) for campaign in campaigns]
        self.kind.choices = [SelectChoice(kind.value, KINDS[kind]) for kind in MissionKind]
        self.platforms.choices = [SelectChoice(network.code, network.name) for network in network_guide().networks()]
        self.tracks.choices = [SelectChoice(track.value, TRACKS[track]) for track in Track]
        self.roles.choices = [SelectChoice(role.value, ROLES[role]) for role in AdvocacyRole]
        plan = plan_in_force()
        self.lowest_tier.choices = [SelectChoice(0, _l("Everybody"))] + [
            SelectChoice(level.rank, level.name) for level in (plan.levels if plan else ())
        ]
        self.jurisdiction.choices = [SelectChoice("", _l("The fan’s own country"))] + [
            SelectChoice(code, name) for code, name in countries(str(get_locale())) if code in LANGUAGES_OF_PLACE
        ]
        self.offer_languages()
        if not self.is_submitted():
            self.offer_questions()
        while not self.is_submitted() and len(self.captions) < CAPTIONS_MAX and self._blank_captions() < CAPTIONS_BLANK:
            self.captions.append_entry()

    def _blank_captions(self) -> int:
        return sum(not entry.text.data for entry in self.captions)

    def validate_brief(self, field: TextAreaField) -> None:
        try:
            rich_text.check(field.data or "")
        except rich_text.RichTextRefused as refused:
            raise ValidationError(str(refused.sentence)) from refused

    def validate_required_tag(self, field: StringField) -> None:
        if field.data and (field.data[0] not in "#@" or len(field.data) < 2 or len(field.data.split()) > 1):
            raise ValidationError(_("A tag is one word that starts with # or @, such as #MendedWithHollin."))

    def validate_link_target(self, field: StringField) -> None:
        if field.data and not _is_web_address(field.data):
            raise ValidationError(_("Type a whole web address that starts with https:// or http://."))

    def validate_closes_at(self, field: LocalMomentField) -> None:
        if field.data and self.opens_at.data and field.data <= self.opens_at.data:
            raise ValidationError(_("The mission has to close after it opens."))

    def validate_points_held(self, field: WholeNumberField) -> None:
        if field.data and not self.hold_days.data:
            raise ValidationError(_("Points that are held need a hold of at least one day."))

    def plan(self) -> MissionPlan:
        """What was typed, as the verbs take it."""
        values = {name: self[name].data for name in MissionPlan.__dataclass_fields__}
        for name in ("required_tag", "link_target", "jurisdiction", "language", "media"):
            values[name] = values[name] or ""
        for name in ("handle_days_min", "followers_min"):
            values[name] = values[name] or 0
        values["topics"] = topics_in(values["topics"] or [])
        return MissionPlan(**self.for_kind(values | self.bonus_values()))

    def caption_drafts(self) -> list[CaptionDraft]:
        """The captions that hold text, in their order."""
        return [
            CaptionDraft(entry.text.data.strip(), entry.locale.data)
            for entry in self.captions
            if (entry.text.data or "").strip()
        ]


class PictureForm(FlaskForm):
    """One picture with its description, for the share kit or for the card and the page."""

    file = FileField(_l("Picture"), validators=[FileRequired(_l("Choose a picture."))])
    alt = _words(
        _l("What the picture shows"),
        _l("Describe the picture in a sentence, for people who can’t see it."),
        300,
    )
    use = RadioField(
        _l("Where it is shown"),
        choices=[SelectChoice("kit", _l("In the share kit")), SelectChoice("cover", _l("On the card and the page"))],
        default="kit",
    )


def form_values(mission: Mission) -> dict[str, Any]:
    """A mission as the form shows it."""
    values: dict[str, Any] = {name: getattr(mission, name) for name in MissionPlan.__dataclass_fields__}
    captions = [{"text": caption.text, "locale": caption.locale} for caption in mission.captions]
    return {**values, **kind_values(mission), "version": str(mission.lock_version), "captions": captions}


def new_values(campaigns: Sequence[Campaign], locale: str) -> dict[str, Any]:
    """What a new mission starts with."""
    return {
        "campaign_id": campaigns[0].id if campaigns else "", "minutes": 15, "places_total": 20, "per_person_max": 1,
        "deliver_hours": 72, "points_now": 80, "points_held": 40, "hold_days": 7,
        "handle_days_min": 0, "followers_min": 0, "posted_from": PostedFrom.CLAIM.value,
        "use_months": 12, "newcomer_points": 0, "bonus_measure": "", "bonus_points": 0, "bonus_step": 0,
        "bonus_cap": 0,
        "captions": [{"text": "", "locale": locale if locale in CAPTION_LANGUAGES else "en"}],
    }  # fmt: skip


def _is_web_address(typed: str) -> bool:
    try:
        parts = urlsplit(typed)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in typed)


def asked(form: MissionForm) -> dict[str, datetime | str | int | list[str] | bool | None]:
    """The fields that make two requests the same."""
    return {name: value for name, value in form.data.items() if name not in ("csrf_token", "idempotency_key")}
