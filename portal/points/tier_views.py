"""Everybody's own tier, and the page where staff set the tiers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.utils import redirect

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.formatting import number
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import unit_of_work
from portal.points import tiers
from portal.points.tier_forms import LEVELS_MAX, SUGGESTED, TiersForm
from portal.points.tier_models import TierMove, TierPlan
from portal.points.tier_rules import Level, Plan

bp = Blueprint("tiers", __name__, url_prefix="/points/tiers")
staff_bp = Blueprint("tiers_staff", __name__, url_prefix="/staff/tiers")


@bp.get("")
@allow(Permission.TAKE_PART)
def show() -> ResponseReturnValue:
    """Where I stand, what is left to the next tier, what each one brings."""
    outlook = tiers.outlook(current_user.id)
    plan = outlook.stands.plan if outlook else None
    return render_template(
        "points/tiers.html", outlook=outlook, plan=plan,
        levels=[(level, benefits(level)) for level in plan.levels] if plan else [],
        moves=[(change.at, _moved(change, plan)) for change in tiers.changes_of(current_user.id)] if plan else [],
    )  # fmt: skip


@staff_bp.get("")
@allow(Permission.ADJUST_POINTS)
def edit() -> ResponseReturnValue:
    """The tiers in force, how many people stand in each."""
    row = tiers.newest_plan()
    values: dict[str, Any] = dict(SUGGESTED)
    if row:
        values = {"window_months": row.window_months, "grace_days": row.grace_days}
    levels = list(row.levels) if row else []
    values["levels"] = levels + [{} for _each in range(LEVELS_MAX - len(levels))]
    return _page(TiersForm(formdata=None, data=values | {"seen": str(row.number if row else 0)}), row)


@staff_bp.post("")
@allow(Permission.ADJUST_POINTS)
def save() -> ResponseReturnValue:
    """Set the tiers, with a reason; the same again changes nothing."""
    form = TiersForm()
    if not form.validate():
        return _page(form, tiers.newest_plan()), 422
    seen, why = version_in(form.seen.data), form.why.data
    try:
        with unit_of_work():
            tiers.set_plan(form.plan(), seen=seen, actor_id=current_user.id, why=why, now=clock.now())
    except tiers.PlanMoved:
        refusal = _(
            "Somebody else set the tiers meanwhile. What you typed is still here; open the page anew to compare."
        )
        return _page(form, tiers.newest_plan(), problem=refusal), 409
    done(_("The tiers are set. Everybody is placed anew within minutes; nobody drops without a grace."))
    return redirect(url_for(".edit"), 303)


def _page(form: TiersForm, row: TierPlan | None, problem: str = "") -> str:
    counted = tiers.counted_by_rank() if row else {}
    standing = [(each["name"], counted.get(rank, 0)) for rank, each in enumerate(row.levels, 1)] if row else []
    return render_template("points/staff_tiers.html", form=form, standing=standing, problem=problem)


def benefits(level: Level) -> list[str]:
    """What a tier brings, in sentences."""
    told = []
    if level.early_hours:
        told.append(ngettext("Claim places %(num)d hour early", "Claim places %(num)d hours early", level.early_hours))
    if level.extra_percent:
        told.append(_("%(percent)s%% more points for each mission", percent=number(level.extra_percent)))
    return told


def _moved(change: Any, plan: Plan | None) -> str:
    level = plan.level(change.to_rank) if plan else None
    name = level.name if level else ""
    match change.move:
        case TierMove.RAISED:
            return _("Reached “%(tier)s”", tier=name)
        case TierMove.WARNED:
            return _("The grace for “%(tier)s” began", tier=name)
        case TierMove.KEPT:
            return _("“%(tier)s” is kept", tier=name)
        case _:
            return _("Now in “%(tier)s”", tier=name) if name else _("Between two tiers")
