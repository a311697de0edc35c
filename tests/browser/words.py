"""The words on the pages, in the language a person reads: asked of the product's own catalogue."""

from __future__ import annotations

import re

from babel.support import Translations

from tests.browser.product import ROOT

_CATALOGUES = ROOT / "portal" / "translations"


class Words:
    """`words("Claim a place")` is what that button says in this language. English is the source."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = Translations.load(_CATALOGUES, [language])

    def __call__(self, text: str, **values: object) -> str:
        return self._translated(text) % values if values else self._translated(text)

    def pattern(self, text: str) -> re.Pattern[str]:
        """Matches the whole sentence with anything where it has a placeholder."""
        parts = re.split(r"%\(\w+\)[sd]", self._translated(text))
        return re.compile("^" + ".+".join(re.escape(part) for part in parts) + "$")

    def start(self, text: str) -> re.Pattern[str]:
        """Matches what begins with these words."""
        return re.compile("^" + re.escape(self._translated(text)))

    def _translated(self, text: str) -> str:
        translated = self._catalogue.ugettext(text)
        if self.language != "en":
            assert text in self._catalogue._catalog, f"{text!r} has no {self.language} translation"
        return str(translated)
