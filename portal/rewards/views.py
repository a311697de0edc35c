"""Fans' pages: the catalogue, a reward, redeeming it, and what one has."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel import clock, rich_text
from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.flashes import done
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import queries, redeeming, wording
from portal.rewards.forms import RedeemForm
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.fulfilment.code import code_of
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.queries import Filter, Offer
from portal.rewards.refusals import RedemptionRefused

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
        cards=[_card(offer) for offer in found.offers],
        chosen=chosen,
        filters=[
            {"label": label, "url": url_for(".catalogue", show=name), "current": name == chosen}
            for name, label in wording.FILTERS.items()
        ],
    )


def _card(offer: Offer) -> dict[str, object]:
    return {"offer": offer, "stock": wording.stock_words(offer.reward), "hint": wording.affordability(offer)}


@bp.get("/rewards/<reward_id>")
@allow(Permission.TAKE_PART)
def show(reward_id: str) -> ResponseReturnValue:
    offer = _offer(reward_id)
    return render_template("rewards/show.html", **_card(offer), description=rich_text.render(offer.reward.description))


@bp.get("/rewards/<reward_id>/redeem")
@allow(Permission.TAKE_PART)
def confirm(reward_id: str) -> ResponseReturnValue:
    return _confirmation(_offer(reward_id))


@bp.post("/rewards/<reward_id>/redeem")
@allow(Permission.TAKE_PART)
def redeem(reward_id: str) -> ResponseReturnValue:
    """Redeem it once, however often the button is pressed; a refusal shows the page again and takes nothing."""
    form = RedeemForm()
    if not form.validate_on_submit():
        abort(400)
    key, price_points = form.idempotency_key.data, form.price_points.data
    asked = fingerprint("redeem", {"reward": reward_id, "price_points": price_points})
    reward = _offer(reward_id).reward
    try:
        with unit_of_work():
            answer = first_answer(current_user.id, key, asked)
            if answer is None:
                redemption = redeeming.redeem(reward, current_user, now=clock.now(), price_points_seen=price_points)
                answer = url_for(".redemption", redemption_id=redemption.id)
                remember(current_user.id, key, asked, answer)
    except RedemptionRefused as refusal:
        answer = _answered_meanwhile(key, asked)
        if answer is None:
            return _confirmation(_offer(reward_id), refusal), refusal.status
    except KeyReused:
        answer = _answered_meanwhile(key, asked)
        if answer is None:
            abort(409)
    return redirect(answer, 303)


def _answered_meanwhile(key: str, asked: str) -> str | None:
    """Pressed twice at once, the second waited for the first and lost to it: it gets the same answer."""
    try:
        return first_answer(current_user.id, key, asked)
    except KeyReused:
        return None


def _confirmation(offer: Offer, refusal: RedemptionRefused | None = None) -> str:
    form = RedeemForm(formdata=None, idempotency_key=new_id(), price_points=offer.reward.price_points)
    return render_template("rewards/redeem.html", form=form, refusal=refusal, **_card(offer))


@bp.get("/redemptions")
@allow(Permission.TAKE_PART)
def redemptions() -> ResponseReturnValue:
    page = queries.redemptions_of(current_user.id, cursor=request.args.get("after"))
    return render_template("rewards/redemptions.html", page=page)


@bp.get("/redemptions/<redemption_id>")
@allow(Permission.TAKE_PART)
def redemption(redemption_id: str) -> ResponseReturnValue:
    return _redemption_page(_mine(redemption_id))


@bp.post("/redemptions/<redemption_id>/reveal")
@allow(Permission.TAKE_PART)
def reveal(redemption_id: str) -> ResponseReturnValue:
    mine = _mine(redemption_id)
    try:
        with unit_of_work():
            redeeming.reveal(mine, now=clock.now())
    except RedemptionRefused as refusal:
        return _redemption_page(_mine(redemption_id), refusal), refusal.status
    return redirect(url_for(".redemption", redemption_id=redemption_id, _anchor="code"), 303)


@bp.post("/redemptions/<redemption_id>/cancel")
@allow(Permission.TAKE_PART)
def cancel(redemption_id: str) -> ResponseReturnValue:
    mine = _mine(redemption_id)
    try:
        with unit_of_work():
            redeeming.cancel(mine, now=clock.now())
    except RedemptionRefused as refusal:
        return _redemption_page(_mine(redemption_id), refusal), refusal.status
    done(_("Undone: your points are back."))
    return redirect(url_for(".redemption", redemption_id=redemption_id), 303)


def _redemption_page(mine: Redemption, refusal: RedemptionRefused | None = None) -> str:
    undo_until = redeeming.can_be_undone_until(mine)
    is_ready = mine.state == RedemptionState.FULFILLED
    return render_template(
        "rewards/redemption.html",
        redemption=mine,
        refusal=refusal,
        is_ready=is_ready,
        status=fulfilment_of(mine.reward.kind).status(mine) if is_ready else "",
        code=code_of(mine) if is_ready and mine.revealed_at else None,
        undo_until=undo_until if undo_until and undo_until > clock.now() else None,
        how_to_use=rich_text.render(mine.reward.how_to_use),
    )


def _offer(reward_id: str) -> Offer:
    offer = queries.offer_to(current_user, reward_id)
    if offer is None:
        abort(404)
    return offer


def _mine(redemption_id: str) -> Redemption:
    mine = queries.redemption_of(current_user.id, redemption_id)
    if mine is None:
        abort(404)
    return mine
