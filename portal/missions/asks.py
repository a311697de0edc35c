"""What a mission asks of a post besides link and tag, in words."""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.kernel.formatting import number
from portal.missions.models import MediaAsked, Mission, PostedFrom

LANGUAGES = (
    "cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "ja", "ko", "nl", "no", "pl", "pt", "ro", "sv", "tr",
    "uk", "zh",
)  # fmt: skip
"""Languages that can be asked for: those of the places whose advertising rules we know, and their neighbours."""

MEDIA: Mapping[MediaAsked, LazyString] = {
    MediaAsked.ANYTHING: _l("Nothing asked"),
    MediaAsked.IMAGE: _l("A picture"),
    MediaAsked.VIDEO: _l("A film"),
    MediaAsked.EITHER: _l("A picture or a film"),
}

POSTED_FROM: Mapping[PostedFrom, LazyString] = {
    PostedFrom.CLAIM: _l("After the place was claimed"),
    PostedFrom.OPENING: _l("At any time since the mission opened"),
}


def language_names(locale: str) -> Mapping[str, str]:
    """The name of each language, in the language of `locale`."""
    names = Locale.parse(locale, sep="_" if "_" in locale else "-").languages
    return {code: names.get(code, code) for code in LANGUAGES}


def language_name(code: str) -> str:
    """A language by its BCP 47 code, as the reader calls it; the code itself where nobody knows it."""
    return str(Locale.parse(str(get_locale())).languages.get(code.split("-")[0], code))


def asks_in_words(mission: Mission) -> list[str]:
    """What the post and the account must be like, one sentence each; empty where nothing is asked."""
    quoted = [f"“{word}”" for word in mission.required_words]
    asks = [_("It says %(words)s.", words=", ".join(quoted))] if quoted else []
    if mission.required_mentions:
        asks.append(_("It mentions %(accounts)s.", accounts=", ".join(mission.required_mentions)))
    if mission.language:
        asks.append(_("It is written in %(language)s.", language=language_name(mission.language)))
    asks += {
        MediaAsked.IMAGE: [_("It shows a picture.")],
        MediaAsked.VIDEO: [_("It shows a film.")],
        MediaAsked.EITHER: [_("It shows a picture or a film.")],
    }.get(MediaAsked(mission.media), [])
    if mission.original_work:
        asks.append(_("Text and pictures are your own, not those of the share kit or of another post."))
    return asks + _asks_of_account(mission)


def _asks_of_account(mission: Mission) -> list[str]:
    asks = []
    if mission.handle_days_min:
        asks.append(
            ngettext(
                "The account is at least %(num)d day old.", "The account is at least %(num)d days old.",
                mission.handle_days_min,
            )
        )  # fmt: skip
    if mission.followers_min:
        count = mission.followers_min
        asks.append(
            ngettext(
                "At least %(count)s person follows the account.", "At least %(count)s people follow the account.",
                count, count=number(count),
            )
        )  # fmt: skip
    return asks
