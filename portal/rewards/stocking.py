"""Filling the pool of codes: each line is taken or named with what is wrong with it, and an upload can be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext
from sqlalchemy import insert, select, update

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.base import new_id
from portal.rewards.fulfilment.code import box
from portal.rewards.models import Reward, RewardCode, RewardKind, RewardState
from portal.rewards.refusals import StateRefused
from portal.rewards.waiting import pass_on

CODE_LENGTH_MAX = 200
LINES_MAX = 10_000
HAVE_A_POOL = (RewardKind.CODE, RewardKind.POINTS_PLUS_CASH)
CHUNK = 500


class LeftOut(StrEnum):
    """Why a line was not taken."""

    BLANK = "blank"
    TOO_LONG = "too_long"
    UNPRINTABLE = "unprintable"
    TWICE = "twice"
    KNOWN = "known"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Line:
    """One line as it was given; `number` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Problem:
    """A line that was left out; `first` is the line that has the same code, for `TWICE`."""

    line: int
    reason: LeftOut
    first: int | None = None


@dataclass(frozen=True)
class Upload:
    """What became of the lines."""

    added: int
    problems: Sequence[Problem]


def add_codes(reward: Reward, lines: Sequence[Line], *, actor: Person, now: datetime) -> Upload:
    """Put the codes of `lines` into the pool of `reward` and its stock; the others are named.

    Codes that the reward has already are left out, so the same upload again adds nothing. Blank lines at the end don't
    count. Raises StateRefused for a retired reward or one that has no pool.
    """
    held = select(Reward).where(Reward.id == reward.id).with_for_update().execution_options(populate_existing=True)
    db.session.execute(held)
    if reward.kind not in HAVE_A_POOL or reward.state == RewardState.RETIRED:
        raise StateRefused(reward, lazy_gettext("This reward takes no codes any more."))
    good, problems = _sort_out(lines)
    known = _known(reward.id, list(good))
    problems += [Problem(good[code], LeftOut.KNOWN) for code in known]
    new = [code for code in good if code not in known]
    rows = [
        {
            "id": new_id(),
            "reward_id": reward.id,
            "sealed": box().seal(code),
            "digest": box().digest(code),
            "added_at": now,
        }
        for code in new
    ]
    if rows:
        db.session.execute(insert(RewardCode), rows)
        db.session.execute(
            update(Reward)
            .where(Reward.id == reward.id)
            .values(stock=Reward.stock + len(rows))
            .execution_options(synchronize_session=False)
        )
        audit("reward.codes_added", ("reward", reward.id), actor_id=actor.id, why="", after={"codes": len(rows)})
    db.session.refresh(reward)
    pass_on(reward.id, now=now)
    return Upload(len(rows), sorted(problems, key=lambda problem: problem.line))


def _sort_out(lines: Sequence[Line]) -> tuple[dict[str, int], list[Problem]]:
    """The codes that can be taken, each with its line, and what is wrong with the others."""
    last = max((line.number for line in lines if line.text.strip()), default=0)
    good: dict[str, int] = {}
    problems: list[Problem] = []
    for line in lines:
        code = line.text.strip()
        if line.number > last:
            break
        if not code:
            problems.append(Problem(line.number, LeftOut.BLANK))
        elif len(code) > CODE_LENGTH_MAX:
            problems.append(Problem(line.number, LeftOut.TOO_LONG))
        elif not code.isprintable():
            problems.append(Problem(line.number, LeftOut.UNPRINTABLE))
        elif code in good:
            problems.append(Problem(line.number, LeftOut.TWICE, first=good[code]))
        elif len(good) == LINES_MAX:
            problems.append(Problem(line.number, LeftOut.TOO_MANY))
            break
        else:
            good[code] = line.number
    return good, problems


def _known(reward_id: str, codes: Sequence[str]) -> set[str]:
    """Which of `codes` the pool has already, under any of our keys. Leans on the pool's unique index."""
    code_of_digest = {digest: code for code in codes for digest in box().digests(code)}
    digests = list(code_of_digest)
    known: set[str] = set()
    for start in range(0, len(digests), CHUNK):
        found = select(RewardCode.digest).where(
            RewardCode.reward_id == reward_id, RewardCode.digest.in_(digests[start : start + CHUNK])
        )
        known.update(code_of_digest[digest] for digest in db.session.scalars(found))
    return known
