"""Seasons are planned, changed and moved on here. Their points lie in the ledger, behind `ports.BudgetDesk`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from portal.accounts.models import Person
from portal.campaigns.errors import SeasonMoved, SlugTaken, StepNotPossible
from portal.campaigns.models import ALWAYS_ON, Campaign, CampaignState, PrimaryGoal
from portal.campaigns.ports import budget_desk
from portal.campaigns.rules import NEXT_STEPS, due_state, slug_of
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises


@dataclass(frozen=True)
class SeasonPlan:
    """What staff decide about a season."""

    name: str
    summary: str
    primary_goal: PrimaryGoal
    target: int | None
    target_unit: str
    starts_at: datetime
    ends_at: datetime | None
    points_budget: int
    points_percent: int = 100


def create_season(plan: SeasonPlan, *, actor: Person, now: datetime) -> Campaign:
    """Write a season down and set its points aside. Raises SlugTaken.

    A season whose start has passed runs at once.
    """
    state = due_state(CampaignState.PLANNED, plan.starts_at, plan.ends_at, now)
    campaign = Campaign(slug=slug_of(plan.name), **asdict(plan), state=state, created_by_id=actor.id, created_at=now)
    db.session.add(campaign)
    with violation_raises(SlugTaken()):
        db.session.flush()
    budget_desk().fund(campaign.id, plan.points_budget, now=now)
    audit(
        "season.created", ("campaign", campaign.id), actor_id=actor.id, why="planned",
        after={**_plain(plan), "state": state},
    )  # fmt: skip
    return campaign


def change_season(
    campaign: Campaign, plan: SeasonPlan, *, seen_version: int, actor: Person, why: str, now: datetime
) -> None:
    """Change what was planned. Raises SeasonMoved when somebody was faster, BudgetTooSmall below what is used."""
    _lock(campaign)
    if campaign.lock_version != seen_version:
        raise SeasonMoved
    before = {name: getattr(campaign, name) for name in asdict(plan)}
    for name, value in asdict(plan).items():
        setattr(campaign, name, value)
    db.session.flush()
    if plan.points_budget != before["points_budget"]:
        budget_desk().fund(campaign.id, plan.points_budget, now=now)
    changed = [name for name, value in asdict(plan).items() if value != before[name]]
    audit(
        "season.changed", ("campaign", campaign.id), actor_id=actor.id, why=why,
        before={name: str(before[name]) for name in changed},
        after={name: str(getattr(plan, name)) for name in changed},
    )  # fmt: skip


def move_season(campaign: Campaign, to: CampaignState, *, actor: Person | None, why: str, now: datetime) -> None:
    """The only way a season's state changes: by hand (`actor`) or by its dates (None).

    Raises StepNotPossible for a step that isn't there, and for always-on, which never ends.
    """
    _lock(campaign)
    state = CampaignState(campaign.state)
    by_its_dates = actor is None and due_state(state, campaign.starts_at, campaign.ends_at, now) == to
    if campaign.slug == ALWAYS_ON or not (by_its_dates or to in NEXT_STEPS[state]):
        raise StepNotPossible
    if actor is not None and to == CampaignState.RUNNING and due_state(to, now, campaign.ends_at, now) != to:
        raise StepNotPossible  # its end has passed: the dates come first, or the next sweep undoes the step
    campaign.state = to
    if to == CampaignState.RUNNING:
        campaign.starts_at = min(campaign.starts_at, now)
    db.session.flush()
    audit(
        "season.moved", ("campaign", campaign.id), actor_id=actor.id if actor else None, why=why,
        before={"state": state}, after={"state": to},
    )  # fmt: skip


def _lock(campaign: Campaign) -> None:
    """Hold the row until the transaction ends, and see it as it is now."""
    db.session.refresh(campaign, with_for_update={"key_share": True})


def _plain(plan: SeasonPlan) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(plan).items()}
