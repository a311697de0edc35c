"""The part of a mission's form that says what a post must hold besides link and tag."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectChoice, SelectField
from wtforms.validators import ValidationError

from portal.missions.asks import LANGUAGES, MEDIA, POSTED_FROM, language_names
from portal.missions.fields import LinesField, number
from portal.missions.models import MediaAsked, PostedFrom

DAYS_MAX = 10 * 365
FOLLOWERS_MAX = 100_000_000


class PostAsks:
    """Fields that `MissionForm` takes over."""

    required_words = LinesField(_l("Words"))
    required_mentions = LinesField(_l("Mentions"))
    language = SelectField(_l("Language"), default="")
    media = RadioField(
        _l("Pictures"), choices=[SelectChoice(each.value, MEDIA[each]) for each in MediaAsked], default=""
    )
    original_work = BooleanField(_l("Work of their own"))
    posted_from = RadioField(
        _l("Posted"), choices=[SelectChoice(each.value, POSTED_FROM[each]) for each in PostedFrom],
        default=PostedFrom.CLAIM.value,
    )  # fmt: skip
    handle_days_min = number(_l("Days the account exists"), 0, DAYS_MAX, needed=False)
    followers_min = number(_l("Followers at least"), 0, FOLLOWERS_MAX, needed=False)

    def offer_languages(self) -> None:
        """Fill the list in the reader's language."""
        names = language_names(str(get_locale()))
        self.language.choices = [SelectChoice("", _("Any language"))] + [
            SelectChoice(code, names[code]) for code in sorted(LANGUAGES, key=lambda code: names[code])
        ]

    def validate_required_mentions(self, field: Any) -> None:
        if any(not line.startswith("@") or len(line) < 2 or len(line.split()) > 1 for line in field.data or []):
            raise ValidationError(_("A mention is one word that starts with @, such as @hollinfell. One in each line."))
