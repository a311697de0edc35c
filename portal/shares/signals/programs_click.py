"""Visitors that come from data centres, or bear a browser's name without what such a browser sends."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "programs_click"
WEIGHT = 2
VISITORS_MIN = 10
SHARE = 0.4


def notice(facts: Facts) -> dict[str, int] | None:
    clicks = facts.clicks
    if clicks.unlike_people < VISITORS_MIN or clicks.unlike_people < SHARE * clicks.visitors:
        return None
    return {"programs": clicks.unlike_people, "visitors": clicks.visitors}
