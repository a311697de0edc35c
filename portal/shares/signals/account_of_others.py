"""Other people named the same network account as theirs before: one account, many names."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "account_of_others"
WEIGHT = 3


def notice(facts: Facts) -> dict[str, int] | None:
    return {"people": facts.account_of_others} if facts.account_of_others else None
