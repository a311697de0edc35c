"""Signals in staff's words: what each looks for, and what it noticed.

Fans read that a person looks, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from portal.kernel.formatting import number

LABELS: Mapping[str, LazyString] = {
    "click_burst": _l("Clicks all at once"),
    "shared_connection": _l("Many visitors behind one address"),
    "clicks_on_many_links": _l("Visitors who follow many fans’ links"),
    "own_clicks": _l("Clicks on one’s own link"),
    "programs_click": _l("Programs among the visitors"),
    "account_of_others": _l("A network account that others named too"),
    "picture_of_others": _l("A picture that others handed in"),
    "new_account": _l("A brand-new network account"),
    "odd_engagement": _l("More reactions than the account explains"),
}

MEANINGS: Mapping[str, LazyString] = {
    "click_burst": _l(
        "Twenty visitors or more came within ten minutes, and they are most of all. A popular friend does that too."
    ),
    "shared_connection": _l(
        "At least eight browsers share one address and are half of all. A school or an office does that too."
    ),
    "clicks_on_many_links": _l("At least five visitors followed links of four or more fans on the same day."),
    "own_clicks": _l("The fan followed their own link from three browsers or more, and they are a fifth of all."),
    "programs_click": _l(
        "At least ten visitors come from data centres, or bear a browser’s name without what it sends."
    ),
    "account_of_others": _l("Somebody else named this network account as theirs, now or earlier."),
    "picture_of_others": _l("The same picture came from other people. Pictures of the share kit don’t count."),
    "new_account": _l("The account was made less than seven days before the place was claimed."),
    "odd_engagement": _l(
        "A hundred reactions or more, and three times the followers, or ten times the account’s usual."
    ),
}


def sentence(code: str, details: Mapping[str, Any]) -> str:
    """What was noticed, with its figures."""
    figures = {name: number(value) for name, value in details.items() if isinstance(value, int)}
    if code in ("account_of_others", "picture_of_others"):
        return ngettext("%(count)s other person", "%(count)s other people", details["people"], count=figures["people"])
    if code == "new_account":
        return ngettext(
            "Made %(count)s day before the claim", "Made %(count)s days before the claim", details["days"],
            count=figures["days"],
        )  # fmt: skip
    if code == "odd_engagement" and "followers" in details:
        return _("%(reactions)s reactions with %(followers)s followers", **figures)
    if code == "odd_engagement":
        return _("%(reactions)s reactions, usually %(usual)s", **figures)
    return _OF_VISITORS[code](figures)


_OF_VISITORS = {
    "click_burst": lambda f: _("%(burst)s of %(visitors)s visitors within ten minutes", **f),
    "shared_connection": lambda f: _("%(same)s of %(visitors)s visitors behind one address", **f),
    "clicks_on_many_links": lambda f: _("%(same)s of %(visitors)s visitors follow many fans’ links", **f),
    "own_clicks": lambda f: _("%(own)s of %(visitors)s visitors are the fan", **f),
    "programs_click": lambda f: _("%(programs)s of %(visitors)s visitors are no people", **f),
}
