"""Counting effect for teams as it happens, so that a board reads what was counted.

Whoever counts holds the team's row of the season first: two at once would each miss what the other adds.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.recognition.league_models import LeagueChoice
from portal.recognition.league_rules import tie_of
from portal.recognition.team_models import Team, TeamEffect, TeamMember, TeamSeason
from portal.recognition.team_rules import BEST, score_of


def count_for_team(person_id: str, campaign_id: str, more: int) -> None:
    """Count `more` for the team that this person is in now; below zero, take it from where it had been counted.

    What is taken back leaves the team they are in first, then those they were in: never more than they brought there.
    """
    team_id = team_now(person_id)
    if more > 0:
        if team_id is not None:
            _hold(campaign_id, team_id)
            _add(person_id, campaign_id, team_id, more)
            _work_out(campaign_id, team_id)
        return
    left = -more
    for each in sorted(_brought(person_id, campaign_id), key=lambda each: (each != team_id, each)):
        if left:
            _hold(campaign_id, each)
            left -= _take(person_id, campaign_id, each, left)
            _work_out(campaign_id, each)


def show_in_teams(person_id: str, *, shown: bool) -> None:
    """What this person brought to teams counts on boards, or on none, from now on. Safe to repeat."""
    mine = select(TeamEffect.campaign_id, TeamEffect.team_id).where(
        TeamEffect.person_id == person_id, TeamEffect.shown.is_not(shown)
    )
    for campaign_id, team_id in sorted(tuple(row) for row in db.session.execute(mine)):
        _hold(campaign_id, team_id)
        db.session.execute(
            update(TeamEffect).where(*_of(person_id, campaign_id, team_id)).values(shown=shown),
            execution_options={"synchronize_session": False},
        )
        _work_out(campaign_id, team_id)


def list_team(team_id: str, *, listed: bool) -> None:
    """A team that is closed stands on no board; one that is opened again does."""
    db.session.execute(
        update(TeamSeason).where(TeamSeason.team_id == team_id).values(listed=listed),
        execution_options={"synchronize_session": False},
    )


def team_now(person_id: str) -> str | None:
    """Leans on `one_team_at_a_time`."""
    mine = TeamMember.person_id == person_id, TeamMember.left_at.is_(None)
    return db.session.scalar(select(TeamMember.team_id).where(*mine))


def _hold(campaign_id: str, team_id: str) -> None:
    is_closed = db.session.scalar(select(Team.closed_at).where(Team.id == team_id)) is not None
    first = {
        "campaign_id": campaign_id, "team_id": team_id, "score": 0, "tie": tie_of(campaign_id, team_id),
        "listed": not is_closed,
    }  # fmt: skip
    db.session.execute(_insert(TeamSeason).values(**first).on_conflict_do_nothing())
    mine = TeamSeason.campaign_id == campaign_id, TeamSeason.team_id == team_id
    db.session.execute(select(TeamSeason.score).where(*mine).with_for_update())


def _add(person_id: str, campaign_id: str, team_id: str, more: int) -> None:
    seen = db.session.scalar(select(LeagueChoice.shown).where(LeagueChoice.person_id == person_id))
    first = {"campaign_id": campaign_id, "team_id": team_id, "person_id": person_id, "shown": seen is not False}
    row = _insert(TeamEffect).values(**first, effect=more)
    keys = ["campaign_id", "team_id", "person_id"]
    db.session.execute(row.on_conflict_do_update(index_elements=keys, set_={"effect": TeamEffect.effect + more}))


def _take(person_id: str, campaign_id: str, team_id: str, at_most: int) -> int:
    mine = _of(person_id, campaign_id, team_id)
    there = db.session.scalar(select(TeamEffect.effect).where(*mine).with_for_update()) or 0
    taken = min(there, at_most)
    db.session.execute(
        update(TeamEffect).where(*mine).values(effect=there - taken), execution_options={"synchronize_session": False}
    )
    return taken


def _brought(person_id: str, campaign_id: str) -> list[str]:
    mine = TeamEffect.campaign_id == campaign_id, TeamEffect.person_id == person_id, TeamEffect.effect > 0
    return list(db.session.scalars(select(TeamEffect.team_id).where(*mine)))


def _work_out(campaign_id: str, team_id: str) -> None:
    """Reads the few that count, along `ix_team_effect_best`."""
    best = (
        select(TeamEffect.effect)
        .where(TeamEffect.campaign_id == campaign_id, TeamEffect.team_id == team_id, TeamEffect.shown)
        .order_by(TeamEffect.effect.desc())
        .limit(BEST)
    )
    score = score_of(db.session.scalars(best))
    db.session.execute(
        update(TeamSeason)
        .where(TeamSeason.campaign_id == campaign_id, TeamSeason.team_id == team_id)
        .values(score=score),
        execution_options={"synchronize_session": False},
    )


def _of(person_id: str, campaign_id: str, team_id: str) -> tuple[Any, ...]:
    return TeamEffect.campaign_id == campaign_id, TeamEffect.team_id == team_id, TeamEffect.person_id == person_id


def _insert(table: Any) -> Any:
    insert: Any = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)
