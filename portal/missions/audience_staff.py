"""Staff's page about audiences: the limit for everybody, and what people make of missions' content."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.missions import audience, queries
from portal.missions.audience_forms import LimitsForm
from portal.missions.audience_models import EVERYBODY, AudienceLimit
from portal.missions.passing import passes_of
from portal.missions.rating import Rated, ratings_of
from portal.missions.resting import DEFAULT_LIMITS, Limits
from portal.missions.wording import PASS_REASONS

bp = Blueprint("audience_staff", __name__, url_prefix="/staff/audience")


@bp.get("")
@allow(Permission.MANAGE_MISSIONS)
def show() -> ResponseReturnValue:
    """The limit, and missions with what people said of them."""
    row = db.session.get(AudienceLimit, EVERYBODY)
    now_in_force = row or DEFAULT_LIMITS
    values = {name: getattr(now_in_force, name) for name in ("week_max", "month_max", "gap_hours")}
    return _page(LimitsForm(formdata=None, data=values))


@bp.post("")
@allow(Permission.MANAGE_MISSIONS)
def save() -> ResponseReturnValue:
    """Set the limit for everybody, with a reason; the same numbers again change nothing."""
    form = LimitsForm()
    if not form.validate():
        return _page(form), 422
    limits = Limits(form.week_max.data, form.month_max.data, form.gap_hours.data)
    try:
        try:
            _set(limits, form.why.data)
        except audience.ChosenAtOnce:
            _set(limits, form.why.data)  # a colleague's was the first; this one changes it
    except audience.LimitsMakeNoSense as refusal:
        form.month_max.errors = [str(refusal.sentence)]
        return _page(form), 422
    done(_("The limit is set. It counts from the next claim on."))
    return redirect(url_for(".show"), 303)


def _set(limits: Limits, why: str) -> None:
    with unit_of_work():
        audience.set_limits(limits, actor=current_user, why=why, now=clock.now())


def _page(form: LimitsForm) -> str:
    page = queries.missions_page("", request.args.get("after"))
    ids = [mission.id for mission in page.rows]
    passed, rated = passes_of(ids), ratings_of(ids)
    told = [
        {
            "mission": mission,
            "passed": passed.get(mission.id),
            "why": [(PASS_REASONS[reason], count) for reason, count in passed[mission.id].by_reason.items()]
            if mission.id in passed else [],
            "rated": rated.get(mission.id, Rated()),
        }
        for mission in page.rows
    ]  # fmt: skip
    return render_template("missions/staff_audience.html", form=form, page=page, told=told)
