"""The smallest edit that makes a caption clear: candidates are written, each is judged, and the nearest one wins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from portal.shares.caption_lengths import WHOLE, Fold
from portal.shares.disclosure.judging import Judgement, Verdict, judge
from portal.shares.disclosure.places import RuleBook

_CLAUSE_ENDS = ".!?;\n,–—|。！？、"
_DENIALS_MAX = 6
_SPACES = re.compile(r"[^\S\n]{2,}")


def mended(
    caption: str, found: Judgement, places: Sequence[str], book: RuleBook, *,
    language: str = "", fold: Fold = WHOLE, brand: str = "",
) -> str:  # fmt: skip
    """`caption` with the least change after which each of `places` finds it clear; itself where it is clear already."""
    if found.verdict is Verdict.CLEAR:
        return caption

    def is_clear(text: str) -> bool:
        again = judge(text, places, book, language=language, fold=fold, brand=brand)
        return again is not None and again.verdict is Verdict.CLEAR

    front = _front(places, book, language)
    candidates = [each for each in _candidates(caption, found, front, book) if is_clear(each)]
    if candidates:
        return min(candidates, key=lambda each: _distance(caption, each))
    text = caption
    for _each in range(_DENIALS_MAX):
        again = judge(text, places, book, language=language, fold=fold, brand=brand)
        if again is None or again.span is None or again.rule not in ("R-NEG", "R-CONTRA"):
            break
        shorter = _without_clause(text, again.span)
        alone = _tidy(text[: again.span[0]] + text[again.span[1] :])
        text = shorter if len(shorter) > len(alone) // 2 else alone
        if is_clear(text):
            return text
    return next((each for each in (front + text.lstrip(), front + "\n" + text) if is_clear(each)), front.strip(" :"))


def _front(places: Sequence[str], book: RuleBook, language: str) -> str:
    """How the caption begins: one word for each place that needs its own."""
    fronts = dict.fromkeys(place.front(language) for place in map(book.place, places) if place)
    words = [each.strip().rstrip(":").strip() for each in fronts]
    return next(iter(fronts)) if len(words) == 1 else " | ".join(words) + " | "


def _candidates(caption: str, found: Judgement, front: str, book: RuleBook) -> Iterator[str]:
    yield front + caption.lstrip()
    if found.span is None:
        return
    start, end = found.span
    written = caption[start:end]
    word = front.strip(" :|[]【】")
    if found.rule in ("R-FOLD", "R-RUN"):
        if written.startswith("#") or caption[end:].strip(" .!") == "":
            yield _begin_with(written, _tidy(caption[:start] + caption[end:]), front)
        yield _begin_with(written, caption, front)
    elif found.rule in ("R-LANG", "R-JOIN", "R-AMBIG"):
        is_tag = written.startswith("#")
        tag = "#" + word.replace(" ", "")
        if is_tag or found.rule != "R-AMBIG":
            yield caption[:start] + (tag if is_tag else word) + caption[end:]
        if found.rule == "R-JOIN" and is_tag:
            apart = re.sub(rf"(?i)^#{re.escape(word)}|{re.escape(word)}$", "", written).lstrip("#_")
            yield f"{caption[:start]}{tag} #{apart}{caption[end:]}"
    elif found.rule in ("R-NEG", "R-CONTRA"):
        without = _without_clause(caption, found.span)
        yield without
        if len(without) > len(caption) // 3:
            yield front + without


def _begin_with(written: str, rest: str, front: str) -> str:
    return f"{written} {rest}" if written.startswith("#") else front + rest


def _without_clause(text: str, span: tuple[int, int]) -> str:
    """Without the clause that takes the disclosure back; a denial in a hashtag goes alone."""
    start, end = span
    if not text[start:end].startswith("#"):
        while start > 0 and text[start - 1] not in _CLAUSE_ENDS:
            start -= 1
        while end < len(text) and text[end] not in _CLAUSE_ENDS:
            end += 1
        while end < len(text) and text[end] in _CLAUSE_ENDS + " ":
            end += 1
    joined = text[:start].rstrip(" ,–—") + (" " if text[:start].strip() else "") + text[end:].lstrip()
    return _tidy(joined)


def _tidy(text: str) -> str:
    """Without the gap that a removed word leaves."""
    return _SPACES.sub(" ", text).replace(" ,", ",").replace(" .", ".").replace(",.", ".").strip().lstrip(",.:!–—| ")


def _distance(before: str, after: str) -> int:
    """How much a person has to change: what is new, and what is gone, in letters between the common ends."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    changed = len(before) + len(after) - 2 * (head + tail)
    kept = sum(1 for word in set(before.split()) if word not in after)
    return min(changed, len(after) - len(before) + 2 * kept) if len(after) >= len(before) else changed
