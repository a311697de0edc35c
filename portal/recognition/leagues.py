"""What boards of leagues and of the season show, and everybody's choice to be on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import TypedReturnsRows

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel import jobs
from portal.kernel.base import violation_raises
from portal.kernel.folding import folded
from portal.kernel.rows import rows_of, store
from portal.recognition.league_models import EffectSeason, League, LeagueChoice, LeaguePlace
from portal.recognition.league_rules import Ranked, ranked, tie_of
from portal.recognition.names import short_name
from portal.recognition.naming import NameRefused, check_pseudonym
from portal.recognition.team_effect import show_in_teams

DEAL_LEAGUES = "deal_leagues"
"""The job of `dealing`, which finds a place for who shows themselves again."""
BOARD_LENGTH = 12
SEEN = text("effect_season.shown")
"""In the very words of the partial index: SQLite takes `shown = 1` for something else, and would sort everybody."""


@dataclass(frozen=True)
class Line:
    """One line of a board."""

    rank: int
    name: str
    effect: int
    is_mine: bool
    slot: int = 0
    """Of their league; 0 on other boards."""


@dataclass(frozen=True)
class Top:
    """The first of a board that may be longer."""

    lines: list[Line]
    more_level: bool
    """Others are level with the last of them: who stands here is nobody's merit but the order of a digest."""


@dataclass(frozen=True)
class Board:
    """A league as one of its people sees it."""

    number: int
    month: date
    lines: list[Line]


def board_of(person_id: str, month: date) -> Board | None:
    """The league of somebody in that month; None without a place. Reads twelve rows by their keys."""
    rows = rows_of(_league(), {"month": month, "person_id": person_id}).all()
    if not rows:
        return None
    lines = ranked([(row.person_id, row.effect, tie_of(row.league_id, row.person_id)) for row in rows])
    return Board(rows[0].number, month, _named(lines, rows, person_id))


def season_board(campaign_id: str, person_id: str) -> Top:
    """The first of a season, however many take part. Leans on `ix_effect_season_board`."""
    rows = rows_of(_season(), {"campaign_id": campaign_id}).all()
    lines = _named(ranked([(row.person_id, row.effect, row.tie) for row in rows if row.effect]), rows, person_id)
    return top_of(lines)


def top_of(lines: list[Line]) -> Top:
    """As many as a board has, of lines of which there may be one more."""
    level = len(lines) > BOARD_LENGTH and lines[BOARD_LENGTH].effect == lines[BOARD_LENGTH - 1].effect
    return Top(lines[:BOARD_LENGTH], level)


def effect_in_season(campaign_id: str, person_id: str) -> int:
    """One's own, whether one is seen or not."""
    mine = EffectSeason.campaign_id == campaign_id, EffectSeason.person_id == person_id
    return db.session.scalar(select(EffectSeason.effect).where(*mine)) or 0


def choice_of(person_id: str) -> LeagueChoice | None:
    """What somebody chose; None: nothing yet."""
    return db.session.get(LeagueChoice, person_id)


def choose(person_id: str, *, shown: bool, pseudonym: str, now: datetime) -> None:
    """Be seen or not, and by which name; it counts on every board at once. Safe to repeat.

    Raises NameRefused, also when somebody else takes a name that looks the same at this very moment.
    """
    choice = _choice_of(person_id, now=now)
    if pseudonym and pseudonym != choice.pseudonym:
        check_pseudonym(pseudonym, person_id=person_id)
    choice.shown, choice.pseudonym, choice.pseudonym_key = shown, pseudonym, folded(pseudonym)
    choice.changed_at = now
    with violation_raises(NameRefused("taken")):
        db.session.flush()
    for board in (LeaguePlace, EffectSeason):
        db.session.execute(
            update(board).where(board.person_id == person_id).values(shown=shown),
            execution_options={"synchronize_session": False},
        )
    show_in_teams(person_id, shown=shown)
    db.session.flush()
    if shown:
        jobs.schedule(DEAL_LEAGUES, "now", due_at=now)


def _choice_of(person_id: str, *, now: datetime) -> LeagueChoice:
    """Theirs, locked; whoever had none begins as everybody is seen. A first choice sent twice is made in turn."""
    store(LeagueChoice(person_id=person_id, shown=True, changed_at=now), unless=("person_id",))
    return db.session.get_one(LeagueChoice, person_id, with_for_update=True, populate_existing=True)


@cache
def _league() -> TypedReturnsRows[str, int, str, int, int, str, str]:
    """Everybody who is seen in the league of `person_id` in `month`, if they are themselves."""
    mine = aliased(LeaguePlace)
    return (
        select(
            League.id.label("league_id"), League.number, LeaguePlace.person_id, LeaguePlace.effect, LeaguePlace.slot,
            Person.display_name, LeagueChoice.pseudonym,
        )
        .select_from(mine)
        .join(League, League.id == mine.league_id)
        .join(LeaguePlace, LeaguePlace.league_id == mine.league_id)
        .join(Person, Person.id == LeaguePlace.person_id)
        .outerjoin(LeagueChoice, LeagueChoice.person_id == LeaguePlace.person_id)
        .where(
            mine.month == bindparam("month"), mine.person_id == bindparam("person_id"), mine.shown,
            LeaguePlace.shown, Person.state == PersonState.ACTIVE,
        )
    )  # fmt: skip


@cache
def _season() -> TypedReturnsRows[str, int, str, str, str]:
    """The first of the season `campaign_id`, and one more."""
    return (
        select(
            EffectSeason.person_id, EffectSeason.effect, EffectSeason.tie, Person.display_name, LeagueChoice.pseudonym
        )
        .join(Person, Person.id == EffectSeason.person_id)
        .outerjoin(LeagueChoice, LeagueChoice.person_id == EffectSeason.person_id)
        .where(EffectSeason.campaign_id == bindparam("campaign_id"), SEEN, Person.state == PersonState.ACTIVE)
        .order_by(EffectSeason.effect.desc(), EffectSeason.tie.desc())
        .limit(BOARD_LENGTH + 1)
    )


def _named(lines: Sequence[Ranked], rows: Sequence[Any], person_id: str) -> list[Line]:
    names = {row.person_id: row.pseudonym or short_name(row.display_name) for row in rows}
    slots = {row.person_id: getattr(row, "slot", 0) for row in rows}
    return [Line(line.rank, names[line.key], line.effect, line.key == person_id, slots[line.key]) for line in lines]
