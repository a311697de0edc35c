"""Does the post say that it is advertising? Rules and words: `portal/shares/disclosure/`, each list with its source."""

from __future__ import annotations

from portal.shares.caption_lengths import fold_of
from portal.shares.checks.finding import Context, Finding
from portal.shares.disclosure.judging import Verdict, judge_of
from portal.shares.disclosure.mending import mended
from portal.shares.languages import language_of
from portal.shares.platforms.reading import Relation

CODE = "disclosed"
ORDER = 60
NEEDS_READING = True


def check(context: Context) -> Finding:
    """Clear is passed; weak and missing are failed, with the text put right; no text or no rules is unknown.

    Where the headline alone was told, only a clear one says something. A network's own paid label supports the words;
    it replaces them only where the place's data says so. Who passes a post on can't put its text right.
    """
    post, book, code = context.post, context.asked.rules, context.asked.place
    if post is None:
        return Finding.unknown("post_unreadable")
    place = book.place(code)
    if place is None:
        return Finding.unknown("no_rules_for_place", place=code)
    if post.paid_label and place.native_label_counts:
        return Finding.passed("native_label", place=code)
    if not post.text.strip() and not post.is_text_untold:
        return Finding.unknown("only_pictures")
    shown = post.text or post.title
    language = post.language[:2] or language_of(shown)
    fold, brand = fold_of(post.platform), context.asked.brand
    found = judge_of(book, place).judge(shown, language=language, fold=fold, brand=brand)
    seen = {"rule": found.rule, "term": found.term, "place": code, "source": found.source}
    if found.verdict is Verdict.CLEAR:
        return Finding.passed("clear", **seen)
    if post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform)
    if post.relation is Relation.REPOST:
        return Finding.failed("passed_on_undisclosed", **seen)
    corrected = mended(post.text, found, [code], book, language=language, fold=fold, brand=brand)
    first_line = place.front(language).strip()
    return Finding.failed(str(found.verdict), suggestion=first_line, corrected=corrected, **seen)
