"""The first line that says that a post is rewarded: by place, and in the language of the caption.

The place's own word stands first, so that no fold hides it; where the caption is in another language, that language's
word follows in brackets. Product knowledge, not legal advice. Sources of the words, as read in October 2026:

- US: 16 CFR 255.5 and the FTC's "Disclosures 101" (2019): ad, advertisement.
- GB: ASA and CMA, "Influencers' guide", 3rd edition, 23 March 2023: ad; "sponsored", "gifted" are not enough.
- DE: media authorities' guide of May 2022, § 5a(4) UWG: "Werbung" or "Anzeige" in front; "#ad" may not suffice.
- FR: law 2023-451 art. 5-2 as amended by ordinance 2024-978: "Publicité", "Collaboration commerciale".
- BE: FPS Economy and JEP, April 2022: "Reclame", "Publicité", in the followers' language.
- NL: Reclamecode Social Media & Influencer Marketing 2022. ES: Autocontrol code, 1 October 2025. IT: IAP Digital Chart,
  30 October 2024. BR: CONAR guide, in force 1 June 2026. JP: rule in force 1 October 2023. KR: KFTC guideline, amended
  1 December 2024.
The other countries of the European Union take their language's word, as their rules do. CH takes the German one; any
other place takes the English one, and its shares are looked at by a person.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

WORD_OF_LANGUAGE = {
    "en": "Ad", "de": "Werbung", "fr": "Publicité", "nl": "Reclame", "es": "Publicidad", "it": "Pubblicità",
    "pt": "Publicidade", "ja": "広告", "ko": "광고",
}  # fmt: skip

SENTENCE_OF_LANGUAGE = {
    "en": "{brand} rewards me for this post.",
    "de": "{brand} belohnt mich für diesen Beitrag.",
    "fr": "{brand} me récompense pour cette publication.",
    "nl": "{brand} beloont mij voor dit bericht.",
    "es": "{brand} me recompensa por esta publicación.",
    "it": "{brand} mi premia per questo post.",
    "pt": "{brand} me recompensa por esta publicação.",
    "ja": "{brand}からポイントをもらっています。",
    "ko": "{brand}에서 포인트를 받습니다.",
}

_WORD_OF_PUBLIC = WORD_OF_LANGUAGE | {
    "bg": "Реклама", "cs": "Reklama", "da": "Reklame", "el": "Διαφήμιση", "et": "Reklaam", "fi": "Mainos",
    "hr": "Oglas", "hu": "Reklám", "is": "Auglýsing", "lt": "Reklama", "lv": "Reklāma", "no": "Reklame",
    "pl": "Reklama", "ro": "Publicitate", "sk": "Reklama", "sl": "Oglas", "sv": "Reklam",
}  # fmt: skip
"""Also of publics in whose language the kit has no captions."""

LANGUAGES_OF_PLACE = {
    "US": ("en",), "GB": ("en",), "IE": ("en",), "CA": ("en", "fr"), "DE": ("de",), "AT": ("de",),
    "CH": ("de", "fr", "it"), "FR": ("fr",), "BE": ("nl", "fr"), "NL": ("nl",), "ES": ("es",), "IT": ("it",),
    "BR": ("pt",), "JP": ("ja",), "KR": ("ko",),
    "BG": ("bg",), "CY": ("el", "en"), "CZ": ("cs",), "DK": ("da",), "EE": ("et",), "FI": ("fi",), "GR": ("el",),
    "HR": ("hr",), "HU": ("hu",), "IS": ("is",), "LI": ("de",), "LT": ("lt",), "LU": ("fr", "de"), "LV": ("lv",),
    "MT": ("en",), "NO": ("no",), "PL": ("pl",), "PT": ("pt",), "RO": ("ro",), "SE": ("sv",), "SI": ("sl",),
    "SK": ("sk",),
}  # fmt: skip
"""The public's languages; the first one's word where the caption is in none of them."""

CAPTION_LANGUAGES = tuple(WORD_OF_LANGUAGE)

_LABEL = _l("Switch on the network’s own label as well. It supports these words, it doesn’t replace them.")

NETWORK_LABELS = {
    "instagram": _LABEL,
    "facebook": _LABEL,
    "tiktok": _LABEL,
    "youtube": _l("Tick “Includes paid promotion” as well, and say it in the video itself."),
}
"""What a network offers beside the words (FTC: don't assume that a platform's own tool suffices)."""


def first_line(*, jurisdiction: str, country: str, language: str, brand: str) -> str:
    """The line for a caption in `language`, under the rules of the mission's place, else of the fan's country."""
    language = language if language in WORD_OF_LANGUAGE else "en"
    public = LANGUAGES_OF_PLACE.get(jurisdiction or country, ("en",))
    own = WORD_OF_LANGUAGE[language]
    word = own if language in public else f"{_WORD_OF_PUBLIC[public[0]]} ({own})"
    return f"{word}: {SENTENCE_OF_LANGUAGE[language].format(brand=brand)}"
