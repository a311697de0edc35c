"""The audience guard: what a person's followers saw of us lately, by account, under the limits of staff and person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import CompoundSelect, String, bindparam, literal, null, select, union_all

from portal.accounts.models import Handle, Person
from portal.accounts.queries import proved_handles
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import violation_raises
from portal.kernel.once import once_a_page
from portal.kernel.rows import rows_of
from portal.missions.audience_models import EVERYBODY, AudienceChoice, AudienceLimit
from portal.missions.ports import PostedForUs, posts_for_us
from portal.missions.resting import DEFAULT_LIMITS, MONTH, Limits, Load, best_of, load_of, share_out

TOPICS_MAX = 20
TOPIC_LENGTH_MAX = 40
_STAFF, _OWN = "staff", "own"


class LimitsMakeNoSense(Exception):
    """Fewer posts in four weeks than in one."""

    sentence: LazyString = _l(
        "Four weeks hold at least as many posts as one week. Raise that number, or lower the week’s."
    )


class ChosenAtOnce(Exception):
    """Another request kept the very first choice a moment before: once more, and this one is kept."""


@dataclass(frozen=True)
class Chosen:
    """What holds for one person."""

    staff: Limits
    limits: Limits
    """The stricter of staff's and their own."""
    topics: frozenset[str]


@dataclass(frozen=True)
class AccountLoad:
    """One proved account and what its followers saw."""

    handle: Handle
    load: Load


@once_a_page
def chosen_by(person_id: str) -> Chosen:
    """The limits of staff and person, and the person's topics, in one query."""
    found: Any = rows_of(_own_and_staffs(), {"chooser_id": person_id})
    rows = {row.whose: row for row in found}
    staff, mine = rows.get(_STAFF), rows.get(_OWN)
    limits = Limits(staff.week_max, staff.month_max, staff.gap_hours) if staff else DEFAULT_LIMITS
    return Chosen(
        staff=limits,
        limits=limits.and_own(mine.week_max, mine.month_max, mine.gap_hours) if mine else limits,
        topics=frozenset(mine.topics or []) if mine else frozenset(),
    )


@cache
def _own_and_staffs() -> CompoundSelect[Any]:
    own = select(
        literal(_OWN).label("whose"), AudienceChoice.week_max, AudienceChoice.month_max, AudienceChoice.gap_hours,
        AudienceChoice.topics,
    ).where(AudienceChoice.person_id == bindparam("chooser_id", type_=String))  # fmt: skip
    of_staff = select(
        literal(_STAFF), AudienceLimit.week_max, AudienceLimit.month_max, AudienceLimit.gap_hours, null()
    ).where(AudienceLimit.scope == EVERYBODY)
    return union_all(own, of_staff)


@once_a_page
def account_loads(person_id: str, *, now: datetime) -> list[AccountLoad]:
    """By proved account, in the order they were added. Posts whose author nobody could read yet count for the person's
    only account there, else for each of them: a doubt protects the audience."""
    accounts = {handle.id: handle for handle in proved_handles(person_id)}
    posted: dict[str, list[datetime]] = defaultdict(list)
    planned: list[Sequence[str]] = []
    for post in posts_for_us(person_id, now - MONTH):
        if post.at is None:
            planned.append(post.platforms)
            continue
        for handle in _accounts_of(post, accounts):
            posted[handle].append(post.at)
    carries = share_out(
        planned, {handle: len(posted[handle]) for handle in accounts},
        {handle: account.platform for handle, account in accounts.items()},
    )  # fmt: skip
    limits = chosen_by(person_id).limits
    return [
        AccountLoad(account, load_of(posted[handle], planned=carries[handle], limits=limits, now=now))
        for handle, account in accounts.items()
    ]


def loads_by_platform(person_id: str, *, now: datetime) -> Mapping[str, Load]:
    """The load of the account on each network whose followers are rested first."""
    found: dict[str, list[Load]] = defaultdict(list)
    for each in account_loads(person_id, now=now):
        found[each.handle.platform].append(each.load)
    return {platform: best_of(loads) for platform, loads in found.items()}


def set_limits(limits: Limits, *, actor: Person, why: str, now: datetime) -> None:
    """Staff's limit for everybody; it counts at the next claim. Raises LimitsMakeNoSense or ChosenAtOnce."""
    if limits.month_max < limits.week_max:
        raise LimitsMakeNoSense
    row = db.session.get(AudienceLimit, EVERYBODY, with_for_update=True)
    before = DEFAULT_LIMITS if row is None else Limits(row.week_max, row.month_max, row.gap_hours)
    who = actor.id
    row = row or AudienceLimit(scope=EVERYBODY)
    row.week_max, row.month_max, row.gap_hours = limits.week_max, limits.month_max, limits.gap_hours
    row.changed_by_id, row.changed_at = who, now
    db.session.add(row)
    with violation_raises(ChosenAtOnce()):
        db.session.flush()
    if before != limits:
        audit(
            "audience.limits_set", ("audience_limit", EVERYBODY), actor_id=actor.id, why=why,
            before=_plain(before), after=_plain(limits),
        )  # fmt: skip


def choose(
    person: Person,
    *,
    week_max: int | None,
    month_max: int | None,
    gap_hours: int | None,
    topics: Sequence[str],
    now: datetime,
) -> None:
    """What a person wants for their own audience; None leaves a number to staff. Raises LimitsMakeNoSense or
    ChosenAtOnce."""
    if week_max is not None and month_max is not None and month_max < week_max:
        raise LimitsMakeNoSense
    row = db.session.get(AudienceChoice, person.id) or AudienceChoice(person_id=person.id)
    row.week_max, row.month_max, row.gap_hours = week_max, month_max, gap_hours
    row.topics, row.changed_at = topics_in(topics), now
    db.session.add(row)
    with violation_raises(ChosenAtOnce()):
        db.session.flush()


def topics_in(typed: Sequence[str]) -> list[str]:
    """Topics as they are compared: in lower case, each once, the first twenty."""
    plain = (" ".join(word.split()).casefold()[:TOPIC_LENGTH_MAX] for word in typed)
    return list(dict.fromkeys(word for word in plain if word))[:TOPICS_MAX]


def _accounts_of(post: PostedForUs, accounts: Mapping[str, Handle]) -> list[str]:
    here = [handle for handle, account in accounts.items() if account.platform in post.platforms]
    named = [handle for handle in here if shown(accounts[handle]) == post.author.lower()]
    return named or here


def shown(handle: Handle) -> str:
    """As the check of the author names it."""
    return f"@{handle.name}@{handle.host}".lower() if handle.host else f"@{handle.name}".lower()


def _plain(limits: Limits) -> dict[str, int]:
    return {"week_max": limits.week_max, "month_max": limits.month_max, "gap_hours": limits.gap_hours}
