"""The wall, one's own thanks, what staff look after, and finding whom somebody may thank."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.orm import aliased

from portal.accounts.models import Person, PersonState
from portal.extensions import db
from portal.kernel.pages import Page, page_of
from portal.kernel.rows import rows_of
from portal.recognition.league_models import LeagueChoice, LeaguePlace
from portal.recognition.names import short_name
from portal.recognition.thanks_models import ON_WALL, WAITS_FOR_STAFF, Thanks

WALL_LENGTH = 20
WAITING_MAX = 50


@dataclass(frozen=True)
class Shown:
    """One thanks as it is read: names as each of the two wants to be called."""

    thanks: Thanks
    giver: str
    receiver: str


def wall(cursor: str | None) -> Page[Thanks]:
    """Public ones, the newest first, between people who are here and want to be seen. Leans on `ix_thanks_wall`."""
    return _page(_everybody_reads(), cursor)


def on_wall(thanks_id: str) -> Thanks | None:
    """One that everybody can read there."""
    return db.session.scalars(_everybody_reads().where(Thanks.id == thanks_id)).first()


def received(person_id: str, cursor: str | None) -> Page[Thanks]:
    """What somebody was thanked for, in public or not; without what staff took down. Leans on `ix_thanks_to`."""
    return _page(select(Thanks).where(Thanks.to_id == person_id, Thanks.removed_at.is_(None)), cursor)


def given(person_id: str) -> Sequence[Thanks]:
    """The last that somebody gave, those that staff took down too, with the reason. Leans on `ix_thanks_from`."""
    mine = select(Thanks).where(Thanks.from_id == person_id)
    return db.session.scalars(mine.order_by(Thanks.given_at.desc(), Thanks.id.desc()).limit(WALL_LENGTH)).all()


def received_one(person_id: str, thanks_id: str) -> Thanks | None:
    """One that this person got and staff did not take down."""
    mine = Thanks.id == thanks_id, Thanks.to_id == person_id, Thanks.removed_at.is_(None)
    return db.session.scalar(select(Thanks).where(*mine))


def given_one(person_id: str, thanks_id: str) -> Thanks | None:
    """One that this person gave and can unsay: staff did not take it down, and its receiver did not report it.

    A reported one stays, for staff to read and so that its giver sends no more.
    """
    mine = (
        Thanks.id == thanks_id, Thanks.from_id == person_id, Thanks.removed_at.is_(None), Thanks.reported_at.is_(None)
    )  # fmt: skip
    return db.session.scalar(select(Thanks).where(*mine))


def for_staff(cursor: str | None) -> Page[Thanks]:
    """Public or reported ones, in whatever state, the newest first. Leans on `ix_thanks_staff`."""
    return _page(select(Thanks).where(text("seen_by_staff")), cursor)


def one_for_staff(thanks_id: str) -> Thanks | None:
    """Private words that nobody reported are none of theirs."""
    return db.session.scalar(select(Thanks).where(Thanks.id == thanks_id, Thanks.seen_by_staff))


def waiting() -> Sequence[Thanks]:
    """Reported and not answered, the oldest first. Leans on `ix_thanks_waiting`."""
    return db.session.scalars(
        select(Thanks).where(text(WAITS_FOR_STAFF)).order_by(Thanks.reported_at).limit(WAITING_MAX)
    ).all()


def count_waiting(_person: object) -> Select[int]:
    """For the navigation."""
    return select(func.count()).select_from(Thanks).where(text(WAITS_FOR_STAFF))


def shown(rows: Collection[Thanks], *, real_names: bool = False) -> list[Shown]:
    """Each with both names, in one question. Staff look after it and read `real_names`."""
    names = names_of({each for thanks in rows for each in (thanks.from_id, thanks.to_id)}, real_names=real_names)
    return [Shown(thanks, names[thanks.from_id], names[thanks.to_id]) for thanks in rows]


def names_of(person_ids: Collection[str], *, real_names: bool = False) -> dict[str, str]:
    """How these people are called on boards."""
    query = (
        select(Person.id, Person.display_name, LeagueChoice.pseudonym)
        .outerjoin(LeagueChoice, LeagueChoice.person_id == Person.id)
        .where(Person.id.in_(person_ids))
    )
    return {
        row.id: row.display_name if real_names else row.pseudonym or short_name(row.display_name)
        for row in rows_of(query)
    }


def in_league(person_id: str, month: date, slot: int) -> str | None:
    """Who has that place in somebody's league; None for themselves, an empty place and who doesn't want to be seen."""
    mine = select(LeaguePlace.league_id).where(
        LeaguePlace.month == month, LeaguePlace.person_id == person_id, LeaguePlace.shown
    )  # fmt: skip
    there = (
        select(LeaguePlace.person_id)
        .join(Person, Person.id == LeaguePlace.person_id)
        .where(
            LeaguePlace.league_id == mine.scalar_subquery(), LeaguePlace.slot == slot, LeaguePlace.shown,
            LeaguePlace.person_id != person_id, Person.state == PersonState.ACTIVE,
        )
    )  # fmt: skip
    return db.session.scalar(there)


def other_of(person_id: str, thanks_id: str) -> str | None:
    """Whom somebody can thank by a thanks that they read: who gave it to them, or who got it on the wall."""
    mine = received_one(person_id, thanks_id)
    if mine is not None:
        return mine.from_id
    read = on_wall(thanks_id)
    return read.to_id if read is not None else None


def _everybody_reads() -> Select[Thanks]:
    giver, receiver = aliased(Person), aliased(Person)
    of_giver, of_receiver = aliased(LeagueChoice), aliased(LeagueChoice)
    return (
        select(Thanks)
        .join(giver, giver.id == Thanks.from_id)
        .join(receiver, receiver.id == Thanks.to_id)
        .outerjoin(of_giver, of_giver.person_id == Thanks.from_id)
        .outerjoin(of_receiver, of_receiver.person_id == Thanks.to_id)
        .where(
            text(ON_WALL), giver.state == PersonState.ACTIVE, receiver.state == PersonState.ACTIVE,
            or_(Thanks.as_staff, of_giver.person_id.is_(None), of_giver.shown),
            or_(of_receiver.person_id.is_(None), of_receiver.shown),
        )
    )  # fmt: skip


def _page(query: Select[Thanks], cursor: str | None) -> Page[Thanks]:
    return page_of(query, by=(Thanks.given_at, Thanks.id), cursor=cursor, length=WALL_LENGTH)
