"""Staff's page on which the costs of rewards are entered, all on one page: the books reckon with them."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import get_currency_precision
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards.costs import COST_MAX, enter_costs, offered_with_costs

bp = Blueprint("reward_costs", __name__, url_prefix="/staff/reward-costs")

WHY_LENGTH_MAX = 300


@bp.get("")
@allow(Permission.ADJUST_POINTS)
def show() -> ResponseReturnValue:
    """Every reward that is offered, with what it costs."""
    typed = {reward.id: _written(cost) for reward, cost in offered_with_costs()}
    return _page(typed)


@bp.post("")
@allow(Permission.ADJUST_POINTS)
def save() -> ResponseReturnValue:
    """Keep what was typed, all of it or nothing."""
    typed = {reward.id: request.form.get(reward.id, "").strip() for reward, _cost in offered_with_costs()}
    why = request.form.get("why", "").strip()[:WHY_LENGTH_MAX]
    costs: dict[str, int | None] = {}
    wrong: dict[str, str] = {}
    for reward_id, text in typed.items():
        try:
            costs[reward_id] = _minor(text)
        except ValueError:
            wrong[reward_id] = _("Type an amount like 12.50, or leave it empty.")
    if not why:
        wrong["why"] = _("Say in a few words why. It is kept with the change.")
    if wrong:
        return _page(typed, wrong, why), 422
    with unit_of_work():
        enter_costs(costs, actor=current_user, why=why, now=clock.now())
    done(_("The costs are saved. The books reckon with them from now on."))
    return redirect(url_for(".show"), 303)


def _page(typed: dict[str, str], wrong: dict[str, str] | None = None, why: str = "") -> str:
    return render_template(
        "rewards/staff_costs.html", rows=[reward for reward, _cost in offered_with_costs()], typed=typed,
        wrong=wrong or {}, why=why, currency=_currency(),
    )  # fmt: skip


def _currency() -> str:
    return str(current_app.config["SETTINGS"].currency.upper())


def _minor(text: str) -> int | None:
    """The amount in the currency's smallest unit. Raises ValueError."""
    if not text:
        return None
    digits = get_currency_precision(_currency())
    try:
        amount = Decimal(text.replace(",", ".")).scaleb(digits)
    except ArithmeticError:  # no number, or one beyond what decimals hold
        raise ValueError(text) from None
    if not amount.is_finite() or amount < 0 or amount > COST_MAX or amount != amount.to_integral_value():
        raise ValueError(text)
    return int(amount)


def _written(cost: int | None) -> str:
    if cost is None:
        return ""
    digits = get_currency_precision(_currency())
    return f"{Decimal(cost).scaleb(-digits):.{digits}f}"
