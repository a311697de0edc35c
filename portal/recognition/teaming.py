"""Founding a team, joining and leaving it, and what staff do about one. The team's row is held while places change."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import events
from portal.kernel.audit import audit
from portal.kernel.base import new_id, violation_raises
from portal.kernel.folding import folded
from portal.recognition.events import TeamChanged
from portal.recognition.naming import NameRefused, check_words
from portal.recognition.team_effect import list_team
from portal.recognition.team_models import Team, TeamMember
from portal.recognition.team_rules import CODE_LENGTH, CODE_SIGNS, RETURN_WITHIN, TEAM_MAX
from portal.recognition.thanking import is_seen

GONE = (PersonState.LEFT, PersonState.REMOVED, PersonState.ERASED)


class TeamRefused(Exception):
    """Nothing was changed. `reason_code` is a code of `wording.TEAM_REFUSALS`."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


def found_team(founder: Person, name: str, *, is_open: bool, now: datetime) -> Team:
    """A new team with its founder in it. Raises NameRefused, TeamRefused."""
    _check_joining(founder)
    check_team_name(name)
    team = Team(
        id=new_id(), name=name, name_key=folded(name), is_open=is_open, code=_new_code(), size=0, founded_at=now,
        closed_why="",
    )  # fmt: skip
    db.session.add(team)
    with violation_raises(NameRefused("taken")):
        db.session.flush()
    _seat(founder, team, now=now)
    return team


def join_team(person: Person, team: Team, *, code: str | None, now: datetime) -> None:
    """Take a place; who is in this team already stays in it. `code` as somebody was given it.

    Raises TeamRefused: closed, by_invitation, full, in_a_team, hidden, staff.
    """
    _hold(team)
    mine = membership_of(person.id)
    if mine is not None and mine.team_id == team.id:
        return
    if team.closed_at is not None:
        raise TeamRefused("closed")
    if not team.is_open and (code is None or not secrets.compare_digest(code.encode(), team.code.encode())):
        raise TeamRefused("by_invitation")
    _check_joining(person)
    _seat(person, team, now=now)


def leave_team(person: Person, *, now: datetime) -> TeamMember | None:
    """What they brought stays with the team. The last one closes it. None for who is in no team."""
    mine = membership_of(person.id)
    if mine is None:
        return None
    team = _hold(db.session.get_one(Team, mine.team_id))
    db.session.refresh(mine)
    if mine.left_at is None:
        mine.left_at, team.size = now, team.size - 1
        if team.size == 0:
            _close(team, why="", now=now)
        db.session.flush()
    return mine


def return_to_team(person: Person, team: Team, *, now: datetime) -> None:
    """Undo of leaving, for a few minutes. Raises TeamRefused: late, full, in_a_team, hidden, staff, closed."""
    _hold(team)
    mine = membership_of(person.id)
    if mine is not None and mine.team_id == team.id:
        return
    stays = TeamMember.team_id == team.id, TeamMember.person_id == person.id
    left_at = db.session.scalar(select(TeamMember.left_at).where(*stays).order_by(TeamMember.left_at.desc()).limit(1))
    if left_at is None or left_at < now - RETURN_WITHIN:
        raise TeamRefused("late")
    if team.closed_at is not None:
        if team.closed_why or team.closed_at != left_at:
            raise TeamRefused("closed")
        _open_again(team)
    _check_joining(person)
    _seat(person, team, now=now)


def set_open(team: Team, *, is_open: bool) -> None:
    """Let anybody join, or only who is invited."""
    team.is_open = is_open
    db.session.flush()


def renew_code(team: Team) -> None:
    """The old invitation leads nowhere any more."""
    team.code = _new_code()
    db.session.flush()


def rename_team(team: Team, name: str, *, reason: str, actor: Person) -> None:
    """Staff give it another name and tell its members why. Raises NameRefused."""
    _hold(team)
    if name == team.name:
        return
    check_team_name(name, team_id=team.id)
    before, team.name, team.name_key = team.name, name, folded(name)
    with violation_raises(NameRefused("taken")):
        db.session.flush()
    audit("team.renamed", ("team", team.id), actor_id=actor.id, why=reason, before={"name": before},
          after={"name": name})  # fmt: skip
    _tell(team, "renamed", members_of(team.id), reason=reason, before=before)


def close_team(team: Team, *, reason: str, actor: Person, now: datetime) -> None:
    """Staff end it: its members are free, and read why. Once it is closed, nothing happens."""
    _hold(team)
    if team.closed_at is not None:
        return
    members = members_of(team.id)
    for stay in _stays(team.id):
        stay.left_at = now
    team.size = 0
    _close(team, why=reason, now=now)
    audit("team.closed", ("team", team.id), actor_id=actor.id, why=reason, before={"name": team.name,
          "members": members})  # fmt: skip
    _tell(team, "closed", members, reason=reason)


def reopen_team(team: Team, *, reason: str, actor: Person, now: datetime) -> None:
    """Staff were wrong: it is there again, with those who were in it and joined no other. Raises NameRefused."""
    _hold(team)
    if team.closed_at is None:
        return
    check_team_name(team.name, team_id=team.id)
    were = db.session.scalars(
        select(TeamMember).where(TeamMember.team_id == team.id, TeamMember.left_at == team.closed_at)
    ).all()
    _open_again(team)
    back = []
    for stay in were:
        if membership_of(stay.person_id) is None:
            stay.left_at = None
            team.size += 1
            back.append(stay.person_id)
            db.session.flush()
    audit("team.reopened", ("team", team.id), actor_id=actor.id, why=reason, after={"members": back})
    _tell(team, "reopened", back, reason=reason)


def check_team_name(name: str, *, team_id: str = "") -> None:
    """May a team be called so? Raises NameRefused. Leans on `a_team_name_is_ones_own`."""
    check_words(name, as_person=False)
    other = select(Team.id).where(Team.name_key == folded(name), Team.closed_at.is_(None), Team.id != team_id)
    if db.session.scalar(other) is not None:
        raise NameRefused("taken")


def membership_of(person_id: str) -> TeamMember | None:
    """Leans on `one_team_at_a_time`."""
    return db.session.scalar(select(TeamMember).where(TeamMember.person_id == person_id, TeamMember.left_at.is_(None)))


def members_of(team_id: str) -> list[str]:
    """Who is in it now, the longest first."""
    return [stay.person_id for stay in _stays(team_id)]


def _stays(team_id: str) -> list[TeamMember]:
    here = TeamMember.team_id == team_id, TeamMember.left_at.is_(None)
    return list(db.session.scalars(select(TeamMember).where(*here).order_by(TeamMember.joined_at, TeamMember.id)))


def _check_joining(person: Person) -> None:
    if person.roles:
        raise TeamRefused("staff")
    if not is_seen(person.id):
        raise TeamRefused("hidden")
    if membership_of(person.id) is not None:
        raise TeamRefused("in_a_team")


def _seat(person: Person, team: Team, *, now: datetime) -> None:
    """On the lowest free place. The team's row is held; below it stand two unique indexes and two checks."""
    _let_go(team, now=now)
    taken = {stay.slot for stay in _stays(team.id)}
    free = next((slot for slot in range(1, TEAM_MAX + 1) if slot not in taken), None)
    if free is None:
        raise TeamRefused("full")
    team.size = len(taken) + 1
    db.session.add(TeamMember(id=new_id(), team_id=team.id, person_id=person.id, slot=free, joined_at=now))
    with violation_raises(TeamRefused("in_a_team")):
        db.session.flush()


def _let_go(team: Team, *, now: datetime) -> None:
    """Whoever left the programme, or was removed from it, takes nobody's place."""
    gone = db.session.scalars(
        select(TeamMember).join(Person, Person.id == TeamMember.person_id)
        .where(TeamMember.team_id == team.id, TeamMember.left_at.is_(None), Person.state.in_(GONE))
    ).all()  # fmt: skip
    for stay in gone:
        stay.left_at = now
    db.session.flush()


def _hold(team: Team) -> Team:
    db.session.refresh(team, with_for_update=True)
    return team


def _close(team: Team, *, why: str, now: datetime) -> None:
    team.closed_at, team.closed_why = now, why
    list_team(team.id, listed=False)
    db.session.flush()


def _open_again(team: Team) -> None:
    team.closed_at, team.closed_why = None, ""
    list_team(team.id, listed=True)
    with violation_raises(NameRefused("taken")):
        db.session.flush()


def _tell(team: Team, what: str, person_ids: list[str], *, reason: str, before: str = "") -> None:
    change = new_id()
    for person_id in person_ids:
        events.record(TeamChanged(change, person_id, team.name, what, before, reason))


def _new_code() -> str:
    return "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
