"""The fan follows their own link. Once or twice is trying it out; more than that is counting oneself."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "own_clicks"
WEIGHT = 1
VISITS_MIN = 3
SHARE = 0.2


def notice(facts: Facts) -> dict[str, int] | None:
    clicks = facts.clicks
    if clicks.own < VISITS_MIN or clicks.own < SHARE * clicks.visitors:
        return None
    return {"own": clicks.own, "visitors": clicks.visitors}
