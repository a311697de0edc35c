"""The forms of the catalogue; business rules stand in the verbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    FieldList,
    HiddenField,
    Label,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from portal.accounts.models import Track
from portal.accounts.places import countries
from portal.accounts.wording import TRACKS
from portal.kernel import rich_text
from portal.kernel.apart import ApartForm
from portal.kernel.form import FlaskForm
from portal.kernel.local_moment import LocalMomentField
from portal.kernel.typed import WholeNumberField
from portal.points.tier_forms import LEVELS_MAX
from portal.points.tiers import plan_in_force
from portal.rewards import wording
from portal.rewards.fulfilment import all_kinds
from portal.rewards.models import LOW_STOCK_AT, Reward, RewardKind

PRICE_POINTS_MAX = 1_000_000
PER_PERSON_MAX = 100
CASH_MINOR_MAX = 10**9
TEXT_LENGTH_MAX = 8000
KEY_LENGTH_MAX = 64
STOCK_CHANGE_MAX = 100_000


def strip(text: str | None) -> str | None:
    return text.strip() if text else text


def as_typed(codes: Sequence[str] | str | None) -> str:
    """Codes as they stand in a field: from the list that is stored, or the text that was sent."""
    return codes.strip() if isinstance(codes, str) else ", ".join(codes or ())


def is_rich_text(_form: FlaskForm, field: TextAreaField) -> None:
    """Text that could not be rendered is refused where it is typed."""
    try:
        rich_text.check(field.data or "")
    except rich_text.RichTextRefused as refusal:
        raise ValidationError(str(refusal.sentence)) from refusal


class RedeemForm(FlaskForm):
    """What the confirmation carries: the price that was shown, and a key that makes pressing twice harmless."""

    idempotency_key = HiddenField(validators=[DataRequired(), Length(max=KEY_LENGTH_MAX)])
    price_points = WholeNumberField(validators=[InputRequired(), NumberRange(min=1, max=PRICE_POINTS_MAX)])
    cash_minor = WholeNumberField(validators=[Optional(), NumberRange(min=1, max=CASH_MINOR_MAX)])
    """What was shown besides the points, in the currency's smallest unit."""


class RewardForm(FlaskForm):
    """A reward as staff write it down."""

    idempotency_key = HiddenField(validators=[Length(max=KEY_LENGTH_MAX)])
    lock_version = HiddenField(default="1")
    kind = RadioField(_l("Kind"))
    name = StringField(
        wording.FIELDS["name"],
        filters=[strip],
        validators=[
            DataRequired(_l("Give the reward a name.")),
            Length(max=120, message=_l("Keep the name within 120 letters.")),
        ],
    )
    summary = StringField(
        wording.FIELDS["summary"],
        filters=[strip],
        validators=[
            DataRequired(_l("Say in one sentence what people get.")),
            Length(max=300, message=_l("Keep it within 300 letters.")),
        ],
    )
    description = TextAreaField(
        wording.FIELDS["description"],
        validators=[
            Optional(),
            Length(max=TEXT_LENGTH_MAX, message=_l("Keep it within 8,000 letters.")),
            is_rich_text,
        ],
    )
    how_to_use = TextAreaField(
        wording.FIELDS["how_to_use"],
        validators=[
            Optional(),
            Length(max=TEXT_LENGTH_MAX, message=_l("Keep it within 8,000 letters.")),
            is_rich_text,
        ],
    )
    price_points = WholeNumberField(
        wording.FIELDS["price_points"],
        validators=[
            InputRequired(_l("Say how many points it costs, as a whole number.")),
            NumberRange(1, PRICE_POINTS_MAX, _l("The price is between 1 and 1,000,000 points.")),
        ],
    )
    per_person_max = WholeNumberField(
        wording.FIELDS["per_person_max"],
        default=1,
        validators=[
            InputRequired(_l("Say how many one person may have, as a whole number.")),
            NumberRange(1, PER_PERSON_MAX, _l("Between 1 and 100 per person.")),
        ],
    )
    low_stock_at = WholeNumberField(
        wording.FIELDS["low_stock_at"],
        default=LOW_STOCK_AT,
        validators=[Optional(), NumberRange(0, STOCK_CHANGE_MAX, _l("Between 0 and 100,000."))],
    )
    lowest_tier = SelectField(wording.FIELDS["lowest_tier"], coerce=int, default=0)
    prices_by_tier = FieldList(
        WholeNumberField(
            validators=[
                Optional(), NumberRange(1, PRICE_POINTS_MAX, _l("The price is between 1 and 1,000,000 points."))
            ]
        ),
        wording.FIELDS["tier_prices"],
        max_entries=LEVELS_MAX,
    )  # fmt: skip
    """One a tier, from the lowest up; an empty one costs what the tier below pays."""
    tracks = SelectMultipleField(wording.FIELDS["tracks"])
    countries = StringField(wording.FIELDS["countries"], filters=[as_typed])
    available_from = LocalMomentField(wording.FIELDS["available_from"], validators=[Optional()])
    available_until = LocalMomentField(wording.FIELDS["available_until"], validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [SelectChoice(kind.value, each.label) for kind, each in all_kinds().items()]
        if not self.kind.data:
            self.kind.data = RewardKind.CODE.value
        self.tracks.choices = [SelectChoice(track.value, TRACKS[track]) for track in Track]
        self._offer_tiers(kwargs.get("obj"))

    def _offer_tiers(self, reward: Reward | None) -> None:
        """A price for each tier in force, filled from `reward` where nothing was sent."""
        plan = plan_in_force()
        levels = plan.levels if plan else ()
        self.lowest_tier.choices = [SelectChoice(0, _l("Everybody"))] + [
            SelectChoice(level.rank, level.name) for level in levels
        ]
        stored = reward.tier_prices if reward else {}
        while len(self.prices_by_tier) < len(levels):
            self.prices_by_tier.append_entry(stored.get(len(self.prices_by_tier) + 1))
        for level, entry in zip(levels, self.prices_by_tier, strict=False):
            entry.label = Label(entry.id, level.name)

    @property
    def tier_prices(self) -> dict[int, int]:
        """The prices that were typed, by rank."""
        return {rank: entry.data for rank, entry in enumerate(self.prices_by_tier, start=1) if entry.data}

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        entries = [error for entry in self.prices_by_tier for error in entry.errors]
        self.prices_by_tier.errors = entries  # as one list: the field's own is a list of lists
        return fine

    def validate_prices_by_tier(self, field: FieldList) -> None:
        """A tier never pays more than whoever stands below it."""
        before = self.price_points.data
        for entry in field:
            if before and entry.data and entry.data > before:
                entry.errors = [str(_l("A tier pays no more than the one below: %(max)d or less.", max=before))]
                raise ValidationError(entry.errors[0])
            before = entry.data or before

    @property
    def country_codes(self) -> list[str]:
        """The countries that were typed, as codes."""
        return sorted(set((self.countries.data or "").upper().replace(",", " ").split()))

    def validate_countries(self, field: StringField) -> None:
        known = {code for code, _name in countries("en")}
        unknown = [code for code in self.country_codes if code not in known]
        if unknown:
            raise ValidationError(
                str(_l("%(code)s is no country. Write codes of two letters, like DE, AT.", code=unknown[0]))
            )

    def validate_available_until(self, field: LocalMomentField) -> None:
        if field.data and self.available_from.data and field.data <= self.available_from.data:
            raise ValidationError(str(_l("This is before it begins. Choose a later moment.")))


class NewRewardForm(RewardForm):
    """A reward's first picture comes along with its text; from then on its pictures have forms of their own."""

    picture = FileField(wording.FIELDS["image_file"], validators=[Optional()])
    image_alt = StringField(
        wording.FIELDS["image_alt"],
        filters=[strip],
        validators=[Length(max=300, message=_l("Keep it within 300 letters."))],
    )

    def validate_image_alt(self, field: StringField) -> None:
        if self.picture.data and not field.data:
            raise ValidationError(str(_l("Say what the picture shows, for people who don’t see it.")))


class PictureForm(ApartForm):
    """One more picture, with what it shows."""

    own_name = "picture"
    idempotency_key = HiddenField(validators=[Length(max=KEY_LENGTH_MAX)])
    file = FileField(_l("One more picture"), validators=[FileRequired(_l("Choose the picture first."))])
    alt = StringField(
        wording.FIELDS["image_alt"],
        filters=[strip],
        validators=[
            DataRequired(_l("Say what the picture shows, for people who don’t see it.")),
            Length(max=300, message=_l("Keep it within 300 letters.")),
        ],
    )


class StockForm(ApartForm):
    """How many came or went, of which sort."""

    own_name = "stock"
    idempotency_key = HiddenField(validators=[Length(max=KEY_LENGTH_MAX)])
    variant = StringField(
        _l("Sort"), filters=[strip], validators=[Length(max=60, message=_l("Keep it within 60 letters."))]
    )
    change = WholeNumberField(
        _l("How many came; with a minus, how many went"),
        validators=[
            InputRequired(_l("Say how many, as a whole number.")),
            NumberRange(-STOCK_CHANGE_MAX, STOCK_CHANGE_MAX, _l("At most 100,000 at a time.")),
        ],
    )
    why = StringField(
        _l("Why"),
        filters=[strip],
        validators=[
            DataRequired(_l("Say why, for the colleagues who count it.")),
            Length(max=300, message=_l("Keep it within 300 letters.")),
        ],
    )


class CodesForm(ApartForm):
    """Codes by hand, one a line, or as a column of a file."""

    own_name = "pool"
    codes = TextAreaField(_l("Codes, one a line"))
    file = FileField(_l("Or a CSV file"))

    def validate_codes(self, field: TextAreaField) -> None:
        if not (field.data or "").strip() and not self.file.data:
            raise ValidationError(str(_l("Type the codes, or choose a file.")))


class RetireForm(ApartForm):
    own_name = "retire"
    why = StringField(
        _l("Why is it retired?"),
        filters=[strip],
        validators=[
            DataRequired(_l("Say why, for the colleagues who look for it.")),
            Length(max=300, message=_l("Keep it within 300 letters.")),
        ],
    )
