"""More likes and comments than the account's followers, or its own usual, explain.

Small accounts are noisy, so a few reactions never count (platforms' VERIFYING notes: a signal only).
"""

from __future__ import annotations

from statistics import median

from portal.shares.signals.facts import Facts, reactions

CODE = "odd_engagement"
WEIGHT = 1
REACTIONS_MIN = 100
TIMES_FOLLOWERS = 3
EARLIER_MIN = 3
TIMES_USUAL = 10


def notice(facts: Facts) -> dict[str, int] | None:
    found = reactions(facts.counts)
    if found is None or found < REACTIONS_MIN:
        return None
    if facts.followers is not None and found > TIMES_FOLLOWERS * max(facts.followers, 1):
        return {"reactions": found, "followers": facts.followers}
    if len(facts.usual_reactions) >= EARLIER_MIN:
        usual = round(median(facts.usual_reactions))
        if found > TIMES_USUAL * max(usual, 1):
            return {"reactions": found, "usual": usual}
    return None
