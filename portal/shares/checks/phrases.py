"""Finding words and phrases in a text as a reader would: whole, in any case, however letters and blanks are written."""

from __future__ import annotations

import re
import unicodedata

_DENSE = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_UNSEEN = re.compile("[\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")


def plain(text: str) -> str:
    """One form of each letter, lower case, nothing unseen, one blank between words, plain apostrophes."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(seen.replace("\u2019", "'").split())


def says(text: str, phrase: str) -> bool:
    """Does `text` contain `phrase` as whole words? Scripts without blanks have no edges to mind."""
    wanted = plain(phrase)
    if not wanted:
        return False
    pattern = r"\s+".join(re.escape(word) for word in wanted.split())
    if not _DENSE.search(wanted):
        before = r"(?<!\w)" if wanted[0].isalnum() else ""
        after = r"(?!\w)" if wanted[-1].isalnum() else ""
        pattern = f"{before}{pattern}{after}"
    return re.search(pattern, plain(text)) is not None
