"""Most of the link's visitors came within ten minutes: friends trickle in, rented clicks come at once."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "click_burst"
WEIGHT = 1
VISITORS_MIN = 20
SHARE = 0.6


def notice(facts: Facts) -> dict[str, int] | None:
    """A burst of a link that has few visitors says nothing."""
    clicks = facts.clicks
    if clicks.burst_most < VISITORS_MIN or clicks.burst_most < SHARE * clicks.visitors:
        return None
    return {"burst": clicks.burst_most, "visitors": clicks.visitors}
