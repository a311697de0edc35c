"""What staff do with redemptions: look, refund with a reason, fulfil many at once, take them along as a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import LazyString, lazy_gettext
from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import contains_eager

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.kernel.pages import Page, page_of
from portal.rewards import finding, parcels, problems, steps
from portal.rewards.kind_models import Parcel, ParcelState
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind
from portal.rewards.problem_models import ProblemState
from portal.rewards.refusals import OrderRefused, OwnOrder
from portal.rewards.stripe.models import CashPayment, PaymentState

S = RedemptionState
BULK_MAX = 200
TRACKED_MAX = 2_000
"""Parcels that one file notes as sent: each has a transaction of its own, and somebody waits for the answer."""
COUNTED_MAX = 999
EXPORT_CHUNK = 500
NUMBER_LENGTH_MAX = 80
SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
"""What a spreadsheet makes of a long number, whose last digits are lost: 1.55019E+13."""


@dataclass(frozen=True)
class Shown:
    """Which orders a list holds; None: all."""

    state: RedemptionState | None = None
    kind: RewardKind | None = None
    reward_id: str | None = None
    odd: bool = False
    """Only those whose payment needs a decision."""
    on_the_way: bool = False
    """Only parcels that were sent and not noted as arrived or come back."""
    text: str = ""
    """Only those that this is about: a number, somebody's name or handle, a reward."""


def orders(shown: Shown, *, cursor: str | None = None) -> Page[Redemption]:
    """Newest first. Leans on `ix_redemption_state`, or `ix_redemption_reserved`."""
    return page_of(_chosen(shown), by=[Redemption.reserved_at, Redemption.id], cursor=cursor)


def all_orders(shown: Shown) -> Iterator[tuple[Redemption, str]]:
    """Every order of the list with its owner's name, oldest first, read in chunks."""
    query = _chosen(shown).add_columns(Person.display_name).join(Person, Person.id == Redemption.person_id)
    rows = db.session.execute(
        query.order_by(Redemption.reserved_at, Redemption.id).execution_options(yield_per=EXPORT_CHUNK)
    )
    yield from rows


def _chosen(shown: Shown) -> Select[Any]:
    query = select(Redemption).join(Reward, Reward.id == Redemption.reward_id)
    query = query.options(contains_eager(Redemption.reward))
    if shown.state is not None:
        query = query.where(Redemption.state == shown.state)
    if shown.kind is not None:
        query = query.where(Reward.kind == shown.kind)
    if shown.reward_id is not None:
        query = query.where(Redemption.reward_id == shown.reward_id)
    if shown.on_the_way:  # the newest of what is fulfilled, by `ix_redemption_state`; each parcel by its key
        query = query.join(Parcel, Parcel.redemption_id == Redemption.id)
        query = query.where(Redemption.state == S.FULFILLED, Parcel.state == ParcelState.SENT)
    if shown.odd:
        query = query.where(Redemption.id.in_(_odd()))
    return query.where(finding.is_found(shown.text, query)) if shown.text else query


def _odd() -> Select[str]:
    """Orders whose payment a person has to look at. Leans on `ix_redemption_payment_open`."""
    unsettled: ColumnElement[bool] = literal_column(
        "redemption_payment.state IN ('due', 'open', 'return_due', 'odd')"
    )  # as its index says
    return select(CashPayment.redemption_id).where(unsettled, CashPayment.state == PaymentState.ODD)


def counting_odd() -> Select[int]:
    """How many payments need a decision, as a query."""
    some = _odd().limit(COUNTED_MAX).subquery()
    return select(func.count()).select_from(some)


def refund(redemption: Redemption, *, why: str, back_in_stock: bool, actor: Person, now: datetime) -> None:
    """Give the points back, whatever became of the thing; its owner reads `why`. Raises OrderRefused, OwnOrder."""
    if redemption.person_id == actor.id:
        raise OwnOrder
    before = redemption.state
    try:
        steps.move(
            redemption, S.CANCELLED, actor_id=actor.id, now=now, code="refunded", message=why,
            back_in_stock=back_in_stock,
        )  # fmt: skip
    except steps.IllegalMove:
        raise OrderRefused(lazy_gettext("Its points went back already. Nothing changed.")) from None
    problems.settle(redemption, ProblemState.REFUNDED, why=why, by_id=actor.id, now=now)
    audit(
        "redemption.refunded", ("redemption", redemption.id), actor_id=actor.id, why=why, before={"state": before},
        after={"state": redemption.state, "points": redemption.price_points, "back_in_stock": back_in_stock},
    )  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one row of many: done, or why not."""

    line: int | None
    order: str
    refused: LazyString | None = None


@dataclass(frozen=True)
class Tracked:
    """A row that says that a parcel has left; `line`: where it stands in a file, if it came in one."""

    line: int | None
    order: str
    carrier: str = ""
    tracking: str = ""
    other_line: int | None = None
    """An earlier line that says something else about the same order."""


def compared(rows: Sequence[Tracked]) -> list[Tracked]:
    """The rows of a file, each with the first line that contradicts it: which of both is right, nobody here knows."""
    first: dict[str, Tracked] = {}
    for row in rows:
        first.setdefault(row.order, row)
    return [replace(row, other_line=first[row.order].line) if _differ(row, first[row.order]) else row for row in rows]


def _differ(row: Tracked, other: Tracked) -> bool:
    return bool(row.order) and (row.carrier, row.tracking) != (other.carrier, other.tracking)


def send_one(row: Tracked, *, actor: Person, now: datetime) -> None:
    """Note the parcel of a row as sent. Safe to repeat. Raises OrderRefused."""
    if not row.order:
        raise OrderRefused(lazy_gettext("It names no order. Keep the first column of the list that you took out."))
    if max(len(row.carrier), len(row.tracking)) > NUMBER_LENGTH_MAX:
        raise OrderRefused(lazy_gettext("Carrier or number is longer than 80 letters. Check the columns."))
    if row.other_line is not None:
        raise OrderRefused(
            lazy_gettext("Line %(line)s names another number for this order. Keep the right one.", line=row.other_line)
        )
    if SHORTENED.fullmatch(row.tracking):
        raise OrderRefused(
            lazy_gettext("A spreadsheet shortened this number. Format its column as text, and write the number anew.")
        )
    parcel = _parcel_of(row.order)
    parcels.send(parcel, carrier=row.carrier[:60], tracking=row.tracking, actor=actor, now=now)


def deliver_one(order: str, *, actor: Person, now: datetime) -> None:
    """Note its parcel as arrived. Safe to repeat. Raises OrderRefused."""
    parcels.deliver(_parcel_of(order), actor=actor, now=now)


def refund_one(order: str, *, why: str, back_in_stock: bool, actor: Person, now: datetime) -> None:
    """Give its points back. Raises OrderRefused."""
    redemption = db.session.get(Redemption, order)
    if redemption is None:
        raise OrderRefused(lazy_gettext("There is no such order."))
    refund(redemption, why=why, back_in_stock=back_in_stock, actor=actor, now=now)


def _parcel_of(order: str) -> Parcel:
    parcel = db.session.get(Parcel, order)
    if parcel is None:
        raise OrderRefused(lazy_gettext("There is no parcel of this order."))
    return parcel


def subjects_of(orders: Collection[str]) -> dict[str, tuple[str, str]]:
    """Reward and owner's name of each of `orders` that there is, for who would not know them by their numbers."""
    query = select(Redemption.id, Reward.name, Person.display_name).where(Redemption.id.in_(orders))
    query = query.join(Reward, Reward.id == Redemption.reward_id).join(Person, Person.id == Redemption.person_id)
    return {order: (reward, name) for order, reward, name in db.session.execute(query)}


def read_addresses(orders: Sequence[str], *, actor: Person) -> None:
    """Write down that somebody sees where these orders go."""
    for order in orders:
        audit("parcel.address_read", ("redemption", order), actor_id=actor.id, why="", after={"read": "address"})


def to_pack(reward_id: str | None = None) -> Iterator[tuple[Redemption, Parcel]]:
    """What waits to be packed, the oldest first. Leans on `ix_redemption_state`."""
    query = (
        select(Redemption, Parcel)
        .join(Parcel, Parcel.redemption_id == Redemption.id)
        .join(Reward, Reward.id == Redemption.reward_id)
        .options(contains_eager(Redemption.reward))
        .where(Redemption.state == S.APPROVED)
        .order_by(Redemption.reserved_at, Redemption.id)
    )
    if reward_id is not None:
        query = query.where(Redemption.reward_id == reward_id)
    yield from db.session.execute(query)
