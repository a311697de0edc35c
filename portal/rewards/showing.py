"""Puts together what the catalogue shows, so that its template holds content and order only."""

from __future__ import annotations

from typing import NamedTuple

from flask import url_for

from portal.kernel.formatting import money
from portal.rewards import wording
from portal.rewards.listed import Listed
from portal.rewards.queries import Offer


class RewardCard(NamedTuple):
    """A reward in words, as the card's macro takes it."""

    title: str
    url: str
    points: int
    price_note: str
    detail: str
    stock: tuple[str, str, str]
    """Tone, words, icon."""
    cash: str
    can_have_now: bool
    image_url: str
    image_alt: str
    locked: str


def reward_card(offer: Offer[Listed]) -> RewardCard:
    """What the catalogue shows of an offer."""
    reward = offer.reward
    return RewardCard(
        title=reward.name,
        url=url_for("rewards.show", reward_id=reward.id),
        points=offer.price.points,
        price_note=wording.price_reason(offer),
        detail=reward.summary,
        stock=(*wording.stock_for(offer), "package-x" if offer.gone else "package"),
        cash=money(reward.cash_minor, reward.cash_currency) if reward.cash_minor and reward.cash_currency else "",
        can_have_now=offer.can_have_now,
        image_url=url_for("kernel.show_file", key=reward.image_file) if reward.image_file else "",
        image_alt=reward.image_alt,
        locked=wording.affordability(offer),
    )
