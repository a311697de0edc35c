"""Campaigns' points lie in the ledger, which campaigns may not know: this room, above both, brings them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from portal.campaigns.errors import BudgetTooSmall
from portal.campaigns.ports import BudgetDesk
from portal.campaigns.queries import current_name, newest_names
from portal.kernel.once import once_a_page
from portal.points import budgets, ledger
from portal.points.ports import Season
from portal.points.postings import campaign_account


class LedgerDesk(BudgetDesk):
    """Keeps budgets in `campaign/<id>/budget`."""

    def fund(self, campaign_id: str, points: int, *, now: datetime) -> None:
        try:
            budgets.fund(campaign_id, points, now=now)
        except budgets.BudgetInUse as used:
            raise BudgetTooSmall(used.least) from used

    def left(self, campaign_id: str) -> int:
        return budgets.left(campaign_id)

    def left_of(self, campaign_ids: Sequence[str]) -> dict[str, int]:
        accounts = {campaign_account(campaign_id, "budget"): campaign_id for campaign_id in campaign_ids}
        return {accounts[name]: points for name, points in ledger.balances(list(accounts)).items()}


def season_now() -> Season | None:
    """For the statement: which season "this season" is."""
    season = current_name()
    return Season(*season) if season else None


@once_a_page
def season_names() -> Mapping[str, str]:
    """For the statement's filter and the programme's books."""
    return newest_names()
