"""Many browsers behind one address: a family, an office, or one person with many masks."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "shared_connection"
WEIGHT = 1
VISITORS_MIN = 8
SHARE = 0.5


def notice(facts: Facts) -> dict[str, int] | None:
    clicks = facts.clicks
    if clicks.connection_most < VISITORS_MIN or clicks.connection_most < SHARE * clicks.visitors:
        return None
    return {"same": clicks.connection_most, "visitors": clicks.visitors}
