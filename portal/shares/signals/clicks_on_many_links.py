"""The same visitors follow the links of many fans on one day: people who click for a living, or for each other."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "clicks_on_many_links"
WEIGHT = 2
VISITORS_MIN = 5
SHARE = 0.3


def notice(facts: Facts) -> dict[str, int] | None:
    clicks = facts.clicks
    if clicks.on_many_links < VISITORS_MIN or clicks.on_many_links < SHARE * clicks.visitors:
        return None
    return {"same": clicks.on_many_links, "visitors": clicks.visitors}
