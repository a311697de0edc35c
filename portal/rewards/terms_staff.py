"""Staff say what a promotion code gives in the shop, and what is paid besides the points; and take an odd payment."""

from __future__ import annotations

from flask import abort, current_app, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards.models import COST_CASH, RewardKind
from portal.rewards.refusals import StateRefused
from portal.rewards.staff import bp, load_reward, reward_page
from portal.rewards.stripe import terms
from portal.rewards.terms_forms import CashForm, PromotionForm


@bp.post("/<reward_id>/promotion")
@allow(Permission.MANAGE_REWARDS)
def set_promotion(reward_id: str) -> ResponseReturnValue:
    reward, form = load_reward(reward_id), PromotionForm()
    if reward.kind != RewardKind.PROMOTION:
        abort(404)
    if not form.validate():
        return reward_page(reward, promotion_form=form), 422
    try:
        with unit_of_work():
            terms.set_promotion(reward, form.gives(), currency=_currency(), actor=current_user)
    except StateRefused as refusal:
        return reward_page(refusal.reward, promotion_form=form, refusal=refusal), 409
    done(_("Saved. Codes that are made from now on give this."))
    return redirect(url_for(".show", reward_id=reward_id), 303)


@bp.post("/<reward_id>/cash")
@allow(Permission.MANAGE_REWARDS)
def set_cash(reward_id: str) -> ResponseReturnValue:
    reward, form = load_reward(reward_id), CashForm()
    if reward.kind not in COST_CASH:
        abort(404)
    if not form.validate():
        return reward_page(reward, cash_form=form), 422
    try:
        with unit_of_work():
            terms.set_cash(reward, form.minor(), currency=_currency(), actor=current_user)
    except StateRefused as refusal:
        return reward_page(refusal.reward, cash_form=form, refusal=refusal), 409
    done(_("Saved. Who redeems from now on pays this."))
    return redirect(url_for(".show", reward_id=reward_id), 303)


def _currency() -> str:
    currency: str = current_app.config["SETTINGS"].currency
    return currency
