"""Reads of the catalogue, of one's own redemptions, and of the staff's list; each says the index it leans on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, String, bindparam, case, func, or_, select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.base import UtcDateTime
from portal.kernel.pages import Page, page_of, page_of_rows
from portal.kernel.rows import rows_of
from portal.points import queries as points
from portal.points.explaining import Explained
from portal.points.tiers import Stands, stands
from portal.rewards import waiting, who_may
from portal.rewards.kind_models import ENDS_AT, Event, Parcel, ParcelState
from portal.rewards.listed import Listed
from portal.rewards.models import GIVEN_BACK, Redemption, RedemptionStep, Reward, RewardState, TierPrice
from portal.rewards.refusals import RedemptionRefused
from portal.rewards.tier_terms import CAN_BE_PAID, IS_OPEN, OWN_PRICE, Price, asked_by, own_price

FEW_LEFT = 5
CATALOGUE_LENGTH = 24

R = TypeVar("R", bound=Reward | Listed)


class Filter(StrEnum):
    """What of the catalogue is shown."""

    EVERYTHING = "everything"
    NOW = "now"
    IN_STOCK = "in-stock"


@dataclass(frozen=True)
class Offer(Generic[R]):
    """One reward as one person sees it."""

    reward: R
    balances: points.Balances
    """The person's points."""
    had: int
    """How many of it the person has."""
    price: Price
    """What it costs them now."""
    here: Stands
    held: bool = False
    """One is out of the stock for them, who waited for it."""
    refusal: RedemptionRefused | None = None
    """Its tracks, countries, tier or time leave the person out."""

    @property
    def missing(self) -> int:
        """Points to go, with what is owed; 0 when they suffice."""
        return self.balances.to_go(self.price.points)

    @property
    def available(self) -> int:
        return self.balances.available

    @property
    def not_for_them(self) -> bool:
        return self.refusal is not None

    @property
    def gone(self) -> bool:
        return self.reward.stock == 0 and not self.reward.is_unlimited and not self.held

    @property
    def limit_reached(self) -> bool:
        return self.had >= self.reward.per_person_max

    @property
    def can_have_now(self) -> bool:
        listed = self.reward.state == RewardState.LISTED
        return listed and not (self.missing or self.gone or self.limit_reached or self.not_for_them)


@dataclass(frozen=True)
class Catalogue:
    offers: Sequence[Offer[Listed]]
    balances: points.Balances
    next_cursor: str | None
    is_first: bool


def catalogue(person: Person, chosen: Filter = Filter.EVERYTHING, *, cursor: str | None = None) -> Catalogue:
    """What is listed and not over, the cheapest first. Leans on `ix_reward_catalogue`."""
    balances, here = points.balances(person.id), stands(person.id)
    listed, by = _listed(chosen), (Reward.price_points, Reward.id)
    asked = {"looked_at": clock.now(), **(asked_by(here, points=balances.available) if chosen == Filter.NOW else {})}
    page = page_of_rows(listed, asked, by=by, descending=False, cursor=cursor, length=CATALOGUE_LENGTH)
    ids = [row.id for row in page.rows]
    prices, had, held = _tier_prices(ids), _had(person.id, ids), waiting.held_for(person.id, ids, now=clock.now())
    rewards = [Listed._make((*row, prices.get(row.id, {}))) for row in page.rows]
    offers = [_offer(reward, person, balances, had=had.get(reward.id, 0), held=reward.id in held) for reward in rewards]
    return Catalogue(offers, balances, page.next_cursor, page.is_first)


@dataclass(frozen=True)
class Nearest:
    """What somebody has next in reach, and what they pay for it."""

    reward: Listed
    price_points: int


def nearest(person: Person, available: int, *, points_alone: bool = False) -> Nearest | None:
    """The dearest reward that somebody with `available` points can have now, else the cheapest they may save for.

    `points_alone`: none for which money is paid besides.
    What is not for them is passed over; the first `CATALOGUE_LENGTH` are looked at. One query, since every visit begins
    with it. Leans on `ix_reward_catalogue`, and on `ix_redemption_person` for what they had already.
    """
    here, now = stands(person.id), clock.now()
    asked = {"looked_at": now, "redeemer_id": person.id, **asked_by(here, points=available)}
    for row in db.session.execute(_in_reach(points_alone), asked):
        reward = Listed._make((*row[:-1], {}))
        if who_may.refusal(reward, person, here, now=now) is None:
            return Nearest(reward, row.own_price)
    return None


@cache
def _in_reach(points_alone: bool) -> Select[*tuple[Any, ...]]:
    """What is in stock and for them, with their own price: put together once for all who ask."""
    theirs = Redemption.person_id == bindparam("redeemer_id", type_=String)
    had = _counted(theirs, Redemption.reward_id == Reward.id).correlate(Reward)
    in_order = (case((CAN_BE_PAID, 0), else_=1), case((CAN_BE_PAID, -OWN_PRICE), else_=OWN_PRICE), Reward.id)
    listed = _listed(Filter.IN_STOCK).add_columns(OWN_PRICE.label("own_price"))
    listed = listed.where(IS_OPEN, had.scalar_subquery() < Reward.per_person_max)
    if points_alone:
        listed = listed.where(Reward.cash_minor.is_(None))
    return listed.order_by(*in_order).limit(CATALOGUE_LENGTH)


def _counted(*which: ColumnElement[bool]) -> Select[int]:
    """How many redemptions, without those that were given back."""
    return select(func.count()).where(*which, Redemption.state.not_in(GIVEN_BACK))


@cache
def _listed(chosen: Filter) -> Select[*tuple[Any, ...]]:
    """What stands in the catalogue and is not over; put together once for all who ask.

    Its parameter is `looked_at`, the moment of asking; for `Filter.NOW` also what `asked_by` says of who asks.
    """
    shown = {"available_until": ENDS_AT.label("available_until")}
    columns = [shown.get(name, getattr(Reward, name)) for name in Listed._fields if name != "tier_prices"]
    listed = select(*columns).outerjoin(Event, Event.reward_id == Reward.id).where(Reward.state == RewardState.LISTED)
    listed = listed.where(or_(ENDS_AT.is_(None), bindparam("looked_at", type_=UtcDateTime()) < ENDS_AT))
    if chosen != Filter.EVERYTHING:
        listed = listed.where(or_(Reward.is_unlimited, Reward.stock > 0))
    return listed.where(CAN_BE_PAID, IS_OPEN) if chosen == Filter.NOW else listed


def _tier_prices(reward_ids: Sequence[str]) -> dict[str, dict[int, int]]:
    """By reward, what it costs from a tier's rank on. Leans on the primary key."""
    found: dict[str, dict[int, int]] = {}
    for reward_id, rank, price_points in rows_of(_priced(), {"reward_ids": reward_ids}) if reward_ids else ():
        found.setdefault(reward_id, {})[rank] = price_points
    return found


@cache
def _priced() -> Select[str, int, int]:
    of_these = TierPrice.reward_id.in_(bindparam("reward_ids", expanding=True))
    return select(TierPrice.reward_id, TierPrice.rank, TierPrice.price_points).where(of_these)


def offer_to(person: Person, reward_id: str) -> Offer[Reward] | None:
    """One reward of the catalogue, also a paused one; None for drafts, retired ones and made-up ids."""
    reward = db.session.get(Reward, reward_id)
    if reward is None or reward.state not in (RewardState.LISTED, RewardState.PAUSED):
        return None
    had = _had(person.id, [reward_id]).get(reward_id, 0)
    held = reward_id in waiting.held_for(person.id, [reward_id], now=clock.now())
    return _offer(reward, person, points.balances(person.id), had=had, held=held)


def offers_to(person: Person, rewards: Sequence[Reward]) -> list[Offer[Reward]]:
    """`rewards` as this person sees them, in as many queries as one."""
    ids, balances = [reward.id for reward in rewards], points.balances(person.id)
    had, held = _had(person.id, ids), waiting.held_for(person.id, ids, now=clock.now())
    return [_offer(reward, person, balances, had=had.get(reward.id, 0), held=reward.id in held) for reward in rewards]


def _offer(reward: R, person: Person, balances: points.Balances, *, had: int, held: bool) -> Offer[R]:
    here = stands(person.id)
    refusal = who_may.refusal(reward, person, here, now=clock.now())
    return Offer(reward, balances, had, own_price(reward, here), here, held=held, refusal=refusal)


def _had(person_id: str, reward_ids: Sequence[str]) -> dict[str, int]:
    """How many of each the person has. Leans on `ix_redemption_person`."""
    if not reward_ids:
        return {}
    rows = rows_of(_counted_redemptions(), {"redeemer_id": person_id, "reward_ids": reward_ids})
    return {row.reward_id: row.times for row in rows}


@cache
def _counted_redemptions() -> Select[str, int]:
    """Put together once: the catalogue and every reward's page ask this."""
    return (
        select(Redemption.reward_id, func.count().label("times"))
        .where(
            Redemption.person_id == bindparam("redeemer_id", type_=String),
            Redemption.reward_id.in_(bindparam("reward_ids", expanding=True)),
            Redemption.state.not_in(GIVEN_BACK),
        )
        .group_by(Redemption.reward_id)
    )


def parcels_under_way(redemption_ids: Sequence[str]) -> dict[str, str]:
    """Of parcels that their owner does not have, though they are fulfilled: sent or returned."""
    if not redemption_ids:
        return {}
    elsewhere = Parcel.state.in_((ParcelState.SENT, ParcelState.RETURNED))
    query = select(Parcel.redemption_id, Parcel.state).where(Parcel.redemption_id.in_(redemption_ids), elsewhere)
    return {each.redemption_id: each.state for each in db.session.execute(query)}


def redemptions_of(person_id: str, *, cursor: str | None = None) -> Page[Redemption]:
    """The person's redemptions, newest first. Leans on `ix_redemption_person`."""
    mine = select(Redemption).where(Redemption.person_id == person_id).options(joinedload(Redemption.reward))
    return page_of(mine, by=[Redemption.reserved_at, Redemption.id], cursor=cursor)


def redemption_of(person_id: str, redemption_id: str) -> Redemption | None:
    """One of the person's own redemptions."""
    return db.session.scalar(
        select(Redemption)
        .where(Redemption.id == redemption_id, Redemption.person_id == person_id)
        .options(joinedload(Redemption.reward))
    )


def steps_of(redemption_id: str) -> Sequence[RedemptionStep]:
    """What happened to a redemption, oldest first. Leans on `ix_redemption_step_redemption_id`."""
    mine = select(RedemptionStep).where(RedemptionStep.redemption_id == redemption_id)
    return db.session.scalars(mine.order_by(RedemptionStep.at, RedemptionStep.id)).all()


def names_of(person_ids: Sequence[str]) -> dict[str, str]:
    """Each person's name."""
    rows = db.session.execute(select(Person.id, Person.display_name).where(Person.id.in_(person_ids)))
    return {row.id: row.display_name for row in rows}


def explain_redemptions(redemption_ids: Sequence[str]) -> Mapping[str, Explained]:
    """What a statement says about redemptions."""
    named = (
        select(Redemption.id, Reward.name, Redemption.reason)
        .join(Reward, Reward.id == Redemption.reward_id)
        .where(Redemption.id.in_(redemption_ids))
    )
    return {
        redemption_id: Explained(
            name,
            url_for("rewards.redemption", redemption_id=redemption_id),
            _("Your redemption"),
            when_undone=_("The team wrote: “%(reason)s”", reason=reason) if reason else "",
            staff_url=url_for("orders_staff.show", redemption_id=redemption_id),
        )
        for redemption_id, name, reason in db.session.execute(named)
    }


def staff_list(*, state: RewardState | None = None, cursor: str | None = None) -> tuple[Page[Reward], dict[str, int]]:
    """All rewards, newest first, and how often each was redeemed.

    Leans on the primary key and `ix_redemption_reward`.
    """
    chosen = select(Reward) if state is None else select(Reward).where(Reward.state == state)
    page: Page[Reward] = page_of(chosen, by=[Reward.id], cursor=cursor)
    redeemed = (
        select(Redemption.reward_id, func.count().label("times"))
        .where(Redemption.reward_id.in_([reward.id for reward in page.rows]), Redemption.state.not_in(GIVEN_BACK))
        .group_by(Redemption.reward_id)
    )
    return page, {row.reward_id: row.times for row in db.session.execute(redeemed)}


def said_at(redemption_id: str, code: str) -> str:
    """What staff wrote for the owner when that last happened."""
    mine = select(RedemptionStep.message).where(
        RedemptionStep.redemption_id == redemption_id, RedemptionStep.code == code
    )  # fmt: skip
    return db.session.scalar(mine.order_by(RedemptionStep.id.desc()).limit(1)) or ""


def code_of_end(redemption_id: str) -> str:
    """Why a redemption was given back, as a code; empty where its state says it all, or it was not.

    Its money may have gone back since: that is a step of its own, and not the reason.
    """
    mine = select(RedemptionStep.code).where(
        RedemptionStep.redemption_id == redemption_id,
        RedemptionStep.to_state.in_(GIVEN_BACK), RedemptionStep.from_state != RedemptionStep.to_state,
    )  # fmt: skip
    return db.session.scalar(mine.order_by(RedemptionStep.id.desc()).limit(1)) or ""
