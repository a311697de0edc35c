"""What staff say about rewards that need Stripe: what a promotion code gives, and what is paid besides the points."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask_babel import lazy_gettext
from sqlalchemy import select

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.audit import audit
from portal.rewards.models import COST_CASH, Reward, RewardKind, RewardState
from portal.rewards.refusals import StateRefused
from portal.rewards.stripe.models import PromotionTerms


@dataclass(frozen=True)
class Gives:
    """One of the first three, and for how long and whom."""

    percent_off: int | None
    amount_off_minor: int | None
    coupon_id: str | None
    valid_days: int
    for_customer: bool


def set_promotion(reward: Reward, gives: Gives, *, currency: str, actor: Person) -> PromotionTerms:
    """Codes that are made from now on give this; those that people have stay as they are. Raises StateRefused."""
    _held(reward, RewardKind.PROMOTION)
    terms = db.session.get(PromotionTerms, reward.id)
    before = _as_dict(terms) if terms else {}
    if terms is None:
        terms = PromotionTerms(reward_id=reward.id, currency=currency)
        db.session.add(terms)
    terms.currency = currency
    for name, value in asdict(gives).items():
        setattr(terms, name, value)
    db.session.flush()
    audit(
        "reward.promotion_set", ("reward", reward.id), actor_id=actor.id, why="", before=before, after=_as_dict(terms)
    )
    return terms


def set_cash(reward: Reward, cash_minor: int, *, currency: str, actor: Person) -> None:
    """What is paid in money from now on; who has redeemed already pays what they saw. Raises StateRefused."""
    _held(reward, *COST_CASH)
    before = {"cash_minor": reward.cash_minor, "cash_currency": reward.cash_currency}
    reward.cash_minor, reward.cash_currency = cash_minor, currency
    reward.lock_version += 1
    db.session.flush()
    audit(
        "reward.cash_set", ("reward", reward.id), actor_id=actor.id, why="", before=before,
        after={"cash_minor": cash_minor, "cash_currency": currency},
    )  # fmt: skip


def _held(reward: Reward, *kinds: RewardKind) -> None:
    db.session.execute(
        select(Reward).where(Reward.id == reward.id).with_for_update().execution_options(populate_existing=True)
    )
    if reward.kind not in kinds or reward.state == RewardState.RETIRED:
        raise StateRefused(reward, lazy_gettext("This reward is retired: it stays as it was. Create a new one."))


def _as_dict(terms: PromotionTerms) -> dict[str, object]:
    return {name: getattr(terms, name) for name in (*Gives.__dataclass_fields__, "currency")}
