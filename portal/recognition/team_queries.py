"""Reads about teams: the season's board, one's own team, those with room, and what staff look after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import bindparam, select, text
from sqlalchemy.sql.selectable import TypedReturnsRows

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel.pages import Page, page_of
from portal.kernel.rows import rows_of
from portal.recognition.league_models import LeagueChoice
from portal.recognition.league_rules import ranked
from portal.recognition.leagues import BOARD_LENGTH, Line, Top, top_of
from portal.recognition.names import short_name
from portal.recognition.team_models import HAS_ROOM, Team, TeamMember, TeamSeason

LISTED = text("team_season.listed")
"""In the very words of the partial index, as for `leagues.SEEN`."""
OPEN_LENGTH = 12


@dataclass(frozen=True)
class Member:
    """Somebody of a team, by the name they go by."""

    slot: int
    name: str
    is_me: bool
    person_id: str
    real_name: str


def teams_board(campaign_id: str, team_id: str | None) -> Top:
    """The first teams of a season, however many there are. Leans on `ix_team_season_board`."""
    rows = rows_of(_season(), {"campaign_id": campaign_id}).all()
    names = {row.team_id: row.name for row in rows if row.score}
    lines = ranked([(row.team_id, row.score, row.tie) for row in rows if row.score])
    return top_of([Line(line.rank, names[line.key], line.effect, line.key == team_id) for line in lines])


@cache
def _season() -> TypedReturnsRows[str, int, str, str]:
    """The first of the season `campaign_id`, and one more."""
    return (
        select(TeamSeason.team_id, TeamSeason.score, TeamSeason.tie, Team.name)
        .join(Team, Team.id == TeamSeason.team_id)
        .where(TeamSeason.campaign_id == bindparam("campaign_id"), LISTED)
        .order_by(TeamSeason.score.desc(), TeamSeason.tie.desc())
        .limit(BOARD_LENGTH + 1)
    )


def score_in_season(campaign_id: str, team_id: str) -> int:
    """Of a team, on the board or not."""
    mine = TeamSeason.campaign_id == campaign_id, TeamSeason.team_id == team_id
    return db.session.scalar(select(TeamSeason.score).where(*mine)) or 0


def team_of(person_id: str) -> Team | None:
    """The one that somebody is in. Leans on `one_team_at_a_time`."""
    return db.session.scalars(
        select(Team).join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.person_id == person_id, TeamMember.left_at.is_(None))
    ).first()  # fmt: skip


def team_with(code: str) -> Team | None:
    """By its invitation; None for one that leads nowhere (any more)."""
    return db.session.scalars(select(Team).where(Team.code == code, Team.closed_at.is_(None))).first()


def teams_with_room() -> Sequence[Team]:
    """The newest that anybody may join. Leans on `ix_team_room`."""
    return db.session.scalars(
        select(Team).where(text(HAS_ROOM)).order_by(Team.founded_at.desc(), Team.id.desc()).limit(OPEN_LENGTH)
    ).all()


def members(team_id: str, person_id: str, *, everybody: bool = False) -> list[Member]:
    """Who is in it now, the longest first: who wants to be seen, or for staff `everybody`. At most twelve rows."""
    rows = db.session.execute(
        select(
            TeamMember.slot, TeamMember.person_id, Person.display_name, Person.state, LeagueChoice.shown,
            LeagueChoice.pseudonym,
        )
        .join(Person, Person.id == TeamMember.person_id)
        .outerjoin(LeagueChoice, LeagueChoice.person_id == TeamMember.person_id)
        .where(TeamMember.team_id == team_id, TeamMember.left_at.is_(None))
        .order_by(TeamMember.joined_at, TeamMember.id)
    )  # fmt: skip
    return [
        Member(
            row.slot, row.pseudonym or short_name(row.display_name), row.person_id == person_id, row.person_id,
            row.display_name,
        )
        for row in rows
        if everybody or row.person_id == person_id or (row.shown is not False and row.state == PersonState.ACTIVE)
    ]  # fmt: skip


def is_host(team_id: str, person_id: str) -> bool:
    """Whoever has been in it longest looks after its invitation."""
    here = TeamMember.team_id == team_id, TeamMember.left_at.is_(None), Person.state == PersonState.ACTIVE
    first = (
        select(TeamMember.person_id)
        .join(Person, Person.id == TeamMember.person_id)
        .where(*here)
        .order_by(TeamMember.joined_at, TeamMember.id)
        .limit(1)
    )
    return db.session.scalar(first) == person_id


def in_team(person_id: str, slot: int) -> str | None:
    """Who has that place in somebody's team; None for themselves and who doesn't want to be seen."""
    team = team_of(person_id)
    if team is None:
        return None
    there = (each for each in members(team.id, person_id) if each.slot == slot and not each.is_me)
    return next((each.person_id for each in there), None)


def teams_for_staff(cursor: str | None) -> Page[Team]:
    """All of them, the newest first. Leans on `ix_team_founded`."""
    return page_of(select(Team), by=(Team.founded_at, Team.id), cursor=cursor)
