"""The network account was made just before the place was claimed: perhaps for nothing else."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "new_account"
WEIGHT = 1
DAYS_MIN = 7


def notice(facts: Facts) -> dict[str, int] | None:
    """Nothing where the network does not tell when the account was made."""
    if facts.account_made_at is None:
        return None
    days = (facts.claimed_at - facts.account_made_at).days
    return {"days": max(days, 0)} if days < DAYS_MIN else None
