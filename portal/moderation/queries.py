"""The queue as it is read: filtered, a page or a window at a time.

Every list walks one partial index of open cases from a position on, so its cost is that of the page and not of the
queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.orm import aliased

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.rows import rows_of
from portal.missions.models import Mission, MissionState
from portal.moderation.kinds import Kinds, kinds_of, of_kinds
from portal.moderation.models import Case

PAGE_LENGTH = 30
WINDOW_BEFORE = 3
MISSIONS_MAX = 100

IS_OPEN = Case.state == literal_column("'open'")
"""As a literal: only so can a database tell that the partial indexes hold it."""

ME = bindparam("moderator_id", type_=String)
NOW = bindparam("now", type_=Case.due_at.type)
RANKED_AT, CASE_ID = bindparam("ranked_at", type_=Case.ranked_at.type), bindparam("case_id", type_=String)
"""What the statements of this module are asked with: they are put together once, which costs more than running one."""
IS_DUE = Case.later_until.is_(None) | (Case.later_until <= NOW)
"""Not put off, or not any more."""
REMEMBERED = 64
"""How many filtered lists' statements are kept."""

SHOWN = ("", "mine", "later")


@dataclass(frozen=True)
class Filter:
    """What of the queue is shown. `shown`: what waits now (""), what is mine, or what was put off."""

    shown: str = ""
    kind: str = ""
    platform: str = ""
    mission: str = ""
    why: str = ""
    text: str = ""
    """Part of a person's name, a mission's title or a network's name."""

    @property
    def args(self) -> dict[str, Any]:
        """As it stands in addresses."""
        names = {"show": self.shown, "kind": self.kind, "platform": self.platform, "mission": self.mission,
                 "why": self.why, "q": self.text}  # fmt: skip
        return {name: value for name, value in names.items() if value}

    @property
    def is_narrow(self) -> bool:
        """Does it hide more than the choice of a queue does?"""
        return bool(self.platform or self.mission or self.why or self.text)

    def but(self, **changes: str) -> Filter:
        return replace(self, **changes)


@dataclass(frozen=True)
class Window:
    """Some cases in their order, and where the list goes on: ids to pass as `after` and `before`, or None."""

    rows: Sequence[Row[*tuple[Any, ...]]]
    before: str | None
    after: str | None


def queue(
    moderator: Person, wanted: Filter, *, now: datetime, after: str | None = None, before: str | None = None
) -> Window:
    """One page of what is waiting, most urgent first, from behind `after` or in front of `before` (ids of cases)."""
    back = before is not None
    position = _position(before or after)
    rows = _fetch(moderator, wanted, position, now=now, back=back, length=PAGE_LENGTH + 1)
    more, rows = len(rows) > PAGE_LENGTH, rows[:PAGE_LENGTH]
    if back:
        rows.reverse()
    earlier = (more if back else position is not None) and bool(rows)
    later = ((position is not None) if back else more) and bool(rows)
    return Window(rows, rows[0].id if earlier else None, rows[-1].id if later else None)


def window_around(moderator: Person, wanted: Filter, case: Case, *, now: datetime) -> Window:
    """A few cases before `case`, itself if it belongs to them, and those that follow."""
    here = (case.ranked_at, case.id)
    ahead = _fetch(moderator, wanted, here, now=now, back=True, length=WINDOW_BEFORE + 1)
    from_here = _fetch(moderator, wanted, here, now=now, inclusive=True, length=PAGE_LENGTH - WINDOW_BEFORE + 1)
    more_ahead, ahead = len(ahead) > WINDOW_BEFORE, ahead[:WINDOW_BEFORE]
    more, from_here = len(from_here) > PAGE_LENGTH - WINDOW_BEFORE, from_here[: PAGE_LENGTH - WINDOW_BEFORE]
    rows = [*reversed(ahead), *from_here]
    return Window(rows, rows[0].id if more_ahead else None, rows[-1].id if more else None)


def next_case_id(moderator: Person, wanted: Filter, *, now: datetime, after: Case | None = None) -> str | None:
    """The next one that this moderator can decide, and no colleague has: behind `after`, else from the top."""
    theirs = and_(
        Case.person_id != ME,
        or_(Case.not_for_id.is_(None), Case.not_for_id != ME),
        or_(Case.taken_by_id.is_(None), Case.taken_by_id == ME, Case.taken_until <= NOW),
        or_(Case.handed_to_id.is_(None), Case.handed_to_id == ME),
    )
    free = _matching(wanted, kinds_of(moderator)).where(theirs).order_by(Case.ranked_at, Case.id).limit(1)
    asked = {"moderator_id": moderator.id, "now": now}
    if after is not None:
        behind = free.where(tuple_(Case.ranked_at, Case.id) > tuple_(RANKED_AT, CASE_ID))
        found = db.session.scalar(behind, {**asked, "ranked_at": after.ranked_at, "case_id": after.id})
        if found is not None:
            return found
        free = free.where(Case.id != after.id)
    return db.session.scalar(free, asked)


def missions_waiting() -> tuple[tuple[str, str], ...]:
    """Missions that an open case belongs to: (id, title), the first hundred by title."""
    return tuple((mission_id, title) for mission_id, title in rows_of(_missions_waiting()))


@cache
def _missions_waiting() -> Select[str, str]:
    waits = exists().where(IS_OPEN, Case.mission_id == Mission.id)
    past_draft = [state.value for state in MissionState if state is not MissionState.DRAFT]
    query = select(Mission.id, Mission.title).where(Mission.state.in_(past_draft), waits)
    return query.order_by(Mission.title).limit(MISSIONS_MAX)


def _matching(wanted: Filter, kinds: Kinds) -> Select[Any]:
    cases = select(Case.id).where(IS_OPEN, of_kinds(kinds))
    if wanted.shown == "later":
        put_off = select(Case.id).where(IS_OPEN, Case.later_until.is_not(None), Case.later_until > NOW)
        cases = cases.where(Case.id.in_(put_off))
    else:
        cases = cases.where(IS_DUE)
    if wanted.shown == "mine":
        cases = cases.where(is_theirs())
    same = [
        (Case.kind, wanted.kind),
        (Case.platform, wanted.platform),
        (Case.mission_id, wanted.mission),
        (Case.why, wanted.why),
    ]
    cases = cases.where(*(column == value for column, value in same if value))
    return cases.where(_says(wanted.text)) if wanted.text else cases


def _says(text: str) -> ColumnElement[bool]:
    """Looked up case by case along the queue, so that no table of people is read through."""
    name = exists().where(Person.id == Case.person_id, Person.display_name.icontains(text, autoescape=True))
    title = exists().where(Mission.id == Case.mission_id, Mission.title.icontains(text, autoescape=True))
    return or_(name, title, Case.platform.icontains(text, autoescape=True))


def is_theirs() -> ColumnElement[bool]:
    """Handed to them, or open with them: each found by an index of its own, so that nobody else's are looked at."""
    handed = select(Case.id).where(IS_OPEN, Case.handed_to_id == ME)
    taken = select(Case.id).where(IS_OPEN, Case.taken_by_id == ME, Case.taken_until > NOW)
    return Case.id.in_(union(handed, taken))


def _position(case_id: str | None) -> tuple[datetime, str] | None:
    """Where that case stands or stood; None for one that never was, which gives the first page."""
    if case_id is None:
        return None
    row = db.session.execute(select(Case.ranked_at, Case.id).where(Case.id == case_id)).first()
    return (row[0], row[1]) if row else None


def _fetch(
    moderator: Person,
    wanted: Filter,
    position: tuple[datetime, str] | None,
    *,
    now: datetime,
    length: int,
    back: bool = False,
    inclusive: bool = False,
) -> list[Row[*tuple[Any, ...]]]:
    listed = _listed(wanted, kinds_of(moderator), position is not None, length=length, back=back, inclusive=inclusive)
    asked = {"moderator_id": moderator.id, "now": now}
    if position is not None:
        asked |= {"ranked_at": position[0], "case_id": position[1]}
    return list(rows_of(listed, asked).all())


@lru_cache(REMEMBERED)
def _listed(
    wanted: Filter, kinds: Kinds, from_a_position: bool, *, length: int, back: bool, inclusive: bool
) -> Select[*tuple[Any, ...]]:
    """The ids along the index first, limited; only then what a row shows of each."""
    cases = _matching(wanted, kinds)
    if from_a_position:
        keys, bound = tuple_(Case.ranked_at, Case.id), tuple_(RANKED_AT, CASE_ID)
        cases = cases.where(keys < bound if back else keys >= bound if inclusive else keys > bound)
    order = (Case.ranked_at.desc(), Case.id.desc()) if back else (Case.ranked_at, Case.id)
    page = cases.order_by(*order).limit(length).subquery()
    taker, receiver = aliased(Person), aliased(Person)
    return (
        select(
            Case.id, Case.kind, Case.why, Case.share_id, Case.platform, Case.due_at, Case.later_until, Case.person_id,
            Case.not_for_id, Case.taken_by_id, Case.taken_until, Case.handed_to_id,
            Person.display_name.label("name"), Mission.title.label("mission"), taker.display_name.label("taker"),
            receiver.display_name.label("receiver"),
        )
        .select_from(page)
        .join(Case, Case.id == page.c.id)
        .join(Person, Person.id == Case.person_id)
        .outerjoin(Mission, Mission.id == Case.mission_id)
        .outerjoin(taker, taker.id == Case.taken_by_id)
        .outerjoin(receiver, receiver.id == Case.handed_to_id)
        .order_by(*order)
    )  # fmt: skip
