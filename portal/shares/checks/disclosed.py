"""Does the post say that it is advertising? Sources stand beside each list in `disclosure_terms.json`."""

from __future__ import annotations

from portal.shares.checks.disclosure import Verdict, judge, rules_for
from portal.shares.checks.finding import Context, Finding

CODE = "disclosed"
ORDER = 60
NEEDS_READING = True


def check(context: Context) -> Finding:
    """Clear is passed; weak and missing are failed, with a first line to copy; no text or no rules is unknown.

    Where the headline alone was told, only a clear one says something.
    """
    post = context.post
    if post is None:
        return Finding.unknown("post_unreadable")
    rules = rules_for(context.asked.place)
    if rules is None:
        return Finding.unknown("no_rules_for_place", place=context.asked.place)
    shown = post.text or post.title
    if not post.text.strip() and not post.is_text_untold:
        return Finding.unknown("only_pictures")
    found = judge(shown, rules, platform=post.platform, brand=context.asked.brand)
    seen = {"rule": found.rule, "term": found.term, "place": context.asked.place}
    if found.verdict is Verdict.CLEAR:
        return Finding.passed("clear", **seen)
    if post.is_text_untold:
        return Finding.unknown("text_not_told", network=post.platform)
    suggestion = rules.suggestion(brand=context.asked.brand)
    return Finding.failed(str(found.verdict), suggestion=suggestion, **seen)
