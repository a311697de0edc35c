"""In which language a text is written. Uses py3langid, whose model knows 97 languages and asks nobody.

Its words are what people typed: addresses, handles, hashtags and emoji say nothing about the language and are left out.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

LETTERS_MIN = 24
"""Shorter texts are a guess."""
CERTAIN = 0.9
"""From this probability on, the answer is believed."""
_NOT_WORDS = re.compile(r"(?:https?://|www\.)\S+|[#@][\w.\-]+(?:@[\w.\-]+)?|[^\w\s'\u2019.,!?-]", re.IGNORECASE)
_DENSE = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")


def language_of(text: str) -> str:
    """An ISO 639-1 code; empty where the text is too short, or in too many languages, to tell."""
    words = " ".join(_NOT_WORDS.sub(" ", text).split())
    letters = sum(4 if _DENSE.match(sign) else 1 for sign in words if sign.isalpha())
    if letters < LETTERS_MIN:
        return ""
    code, probability = _model().classify(words)
    return _one_name(str(code)) if float(probability) >= CERTAIN else ""


def _one_name(code: str) -> str:
    return "no" if code in ("nb", "nn") else code


@cache
def _model() -> Any:
    """Loaded when the first text is looked at: most processes never need it."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
