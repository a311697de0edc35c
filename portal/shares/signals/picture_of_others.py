"""Other people handed in the same picture. Share kits make honest copies, so pictures of the kit don't count."""

from __future__ import annotations

from portal.shares.signals.facts import Facts

CODE = "picture_of_others"
WEIGHT = 2


def notice(facts: Facts) -> dict[str, int] | None:
    return {"people": facts.picture_of_others} if facts.picture_of_others else None
