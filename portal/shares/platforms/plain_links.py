"""Addresses in plain text, as a network's pages make links of them."""

from __future__ import annotations

import re

_LINK = re.compile(r"https?://[^\s<>\"'“”]{1,2000}", re.I)
_AFTER_A_SENTENCE = ".,;:!?…)]}*_"


def links_in(text: str) -> tuple[str, ...]:
    """All whole addresses in `text`, each once, without the marks of the sentence behind them."""
    return tuple(dict.fromkeys(_bare(found[0]) for found in _LINK.finditer(text)))


def _bare(link: str) -> str:
    bare = link.rstrip(_AFTER_A_SENTENCE)
    return f"{bare})" if bare.count("(") > bare.count(")") and link.startswith(f"{bare})") else bare
