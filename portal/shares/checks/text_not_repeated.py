"""Is the text nearly that of somebody else's share? A flag for a person, never a refusal by itself.

Share kits make honest copies, so what comes from the mission's own kit is none. Source of the threshold:
`likeness.NEARLY_THE_SAME`.
"""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding
from portal.shares.checks.original_work import KIT_PERCENT_MAX

CODE = "text_not_repeated"
ORDER = 72
NEEDS_READING = True
LETTERS_MIN = 30
"""Less than that, beside disclosure and tag, is alike by chance."""


def check(context: Context) -> Finding | None:
    """Across people and seasons; one's own older shares are the business of `fresh_content`. None for a few words."""
    history = context.history
    if context.post is None:
        return Finding.unknown("post_unreadable")
    if history.own_letters < LETTERS_MIN:
        return None
    if history.kit_percent > KIT_PERCENT_MAX:
        return Finding.passed("from_the_kit")
    others = [each for each in history.texts if not each.mine]
    if others:
        return Finding.failed("like_another", share=others[0].share_id, percent=others[0].percent, count=len(others))
    return Finding.passed("like_no_other")
