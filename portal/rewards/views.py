"""Fans' pages: the catalogue, a reward, and redeeming it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel import clock, rich_text
from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.form import FlaskForm
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import queries, redeeming, waiting, wishing, wording
from portal.rewards.forms import RedeemForm
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.models import Reward
from portal.rewards.pictures import pictures_of
from portal.rewards.queries import Filter, Offer
from portal.rewards.refusals import RedemptionRefused, TierTooLow
from portal.rewards.showing import reward_card
from portal.rewards.variants import variants_of

bp = Blueprint("rewards", __name__)


@bp.get("/rewards")
@allow(Permission.TAKE_PART)
def catalogue() -> ResponseReturnValue:
    shown = request.args.get("show")
    chosen = Filter(shown) if shown in list(Filter) else Filter.EVERYTHING
    found = queries.catalogue(current_user, chosen, cursor=request.args.get("after"))
    return render_template(
        "rewards/catalogue.html",
        catalogue=found,
        cards=[reward_card(offer) for offer in found.offers],
        chosen=chosen,
        filters=[
            {"label": label, "url": url_for(".catalogue", show=name), "current": name == chosen}
            for name, label in wording.FILTERS.items()
        ],
    )


def _in_words(offer: Offer[Reward]) -> dict[str, object]:
    return {
        "offer": offer, "stock": wording.stock_for(offer), "hint": wording.affordability(offer),
        "whom": wording.for_whom(offer), "price_reason": wording.price_reason(offer),
    }  # fmt: skip


@bp.get("/rewards/<reward_id>")
@allow(Permission.TAKE_PART)
def show(reward_id: str) -> ResponseReturnValue:
    offer = _offer(reward_id)
    fulfilment = fulfilment_of(offer.reward.kind)
    return render_template(
        "rewards/show.html", **_in_words(offer), description=rich_text.render(offer.reward.description),
        kind_template=fulfilment.offer_template, tier_prices=wording.tier_prices(offer), way_on=_way_on(offer),
        pictures=pictures_of(offer.reward),
        **_wanted(offer), **fulfilment.offered(offer.reward),
    )  # fmt: skip


def _way_on(offer: Offer[Reward]) -> tuple[str, str]:
    """What somebody who is left out can do: label and address."""
    if isinstance(offer.refusal, TierTooLow):
        return _("Earn them with a mission"), url_for("missions.board")
    return _("Other rewards"), url_for(".catalogue", show=Filter.NOW)


def _wanted(offer: Offer[Reward]) -> dict[str, object]:
    """Does this person wait for it, or save for it?"""
    wait = waiting.wait_of(current_user.id, offer.reward.id)
    return {
        "wait": wait,
        "ahead": waiting.ahead_of(wait) if wait else 0,
        "wished": wishing.is_wished(current_user.id, offer.reward.id),
        "gone_variants": [each for each in variants_of(offer.reward.id) if each.stock == 0],
    }


@bp.get("/rewards/<reward_id>/redeem")
@allow(Permission.TAKE_PART)
def confirm(reward_id: str) -> ResponseReturnValue:
    return _confirmation(_offer(reward_id))


@bp.post("/rewards/<reward_id>/redeem")
@allow(Permission.TAKE_PART)
def redeem(reward_id: str) -> ResponseReturnValue:
    """Redeem it once, however often the button is pressed; a refusal shows the page again and takes nothing."""
    form = RedeemForm()
    if not form.validate():
        abort(400)
    offer = _offer(reward_id)
    details = fulfilment_of(offer.reward.kind).details_form(offer.reward, current_user)
    key, price_points = form.idempotency_key.data, form.price_points.data
    if details is not None and not details.validate():
        return _confirmation(offer, details=details, key=key), 422
    answers = _answers(details)
    cash_minor = form.cash_minor.data
    asked = fingerprint(
        "redeem", {"reward": reward_id, "price_points": price_points, "cash_minor": cash_minor, **answers}
    )
    try:
        with unit_of_work():
            answer = first_answer(current_user.id, key, asked)
            if answer is None:
                redemption = redeeming.redeem(
                    offer.reward, current_user, now=clock.now(), price_points_seen=price_points,
                    cash_minor_seen=cash_minor, details=answers,
                )  # fmt: skip
                answer = url_for(".redemption", redemption_id=redemption.id)
                remember(current_user.id, key, asked, answer)
    except RedemptionRefused as refusal:
        answer = _answered_meanwhile(key, asked)
        if answer is None:
            return _confirmation(_offer(reward_id), refusal, details=details), refusal.status
    except KeyReused:
        answer = _answered_meanwhile(key, asked)
        if answer is None:
            abort(409)
    onward = fulfilment_of(offer.reward.kind).way_on(answer.rpartition("/")[2])
    return redirect(onward or answer, 303)


def _answers(details: FlaskForm | None) -> dict[str, Any]:
    """What the kind asked for, as typed; without the form's own token."""
    return {} if details is None else {name: value for name, value in details.data.items() if name != "csrf_token"}


def _answered_meanwhile(key: str, asked: str) -> str | None:
    """Pressed twice at once, the second waited for the first and lost to it: it gets the same answer."""
    try:
        return first_answer(current_user.id, key, asked)
    except KeyReused:
        return None


def _confirmation(
    offer: Offer[Reward],
    refusal: RedemptionRefused | None = None,
    *,
    details: FlaskForm | None = None,
    key: str | None = None,
) -> str:
    """The page that asks once more; `details` keeps what was typed, `key` what a refused try had."""
    fulfilment = fulfilment_of(offer.reward.kind)
    form = RedeemForm(
        formdata=None, idempotency_key=key or new_id(), price_points=offer.price.points,
        cash_minor=offer.reward.cash_minor,
    )  # fmt: skip
    return render_template(
        "rewards/redeem.html", form=form, refusal=refusal, what_next=fulfilment.what_next(offer.reward),
        details=details or fulfilment.details_form(offer.reward, current_user), **_in_words(offer),
    )  # fmt: skip


def _offer(reward_id: str) -> Offer[Reward]:
    offer = queries.offer_to(current_user, reward_id)
    if offer is None:
        abort(404)
    return offer
