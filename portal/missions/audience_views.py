"""A person's own page about their audience: what followers saw of us, when they are rested, limits and topics."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.missions import audience
from portal.missions.audience_forms import AudienceForm
from portal.missions.audience_models import AudienceChoice
from portal.missions.ports import repeated_captions
from portal.missions.queries import topics_on_offer
from portal.missions.resting import MONTH

bp = Blueprint("audience", __name__, url_prefix="/audience")


@bp.get("")
@allow(Permission.TAKE_PART)
def show() -> ResponseReturnValue:
    """Every proved account with what its followers saw, and my own limits."""
    row = db.session.get(AudienceChoice, current_user.id)
    return _page(AudienceForm(formdata=None, obj=row))


@bp.post("")
@allow(Permission.TAKE_PART)
def save() -> ResponseReturnValue:
    """Keep what I chose; the stricter of mine and staff's counts from the next claim on."""
    form = AudienceForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        try:
            _keep(form)
        except audience.ChosenAtOnce:
            _keep(form)  # the other request made the row; now there is one to change
    except audience.LimitsMakeNoSense as refusal:
        form.month_max.errors = [str(refusal.sentence)]
        return _page(form), 422
    done(_("Saved. It counts from your next claim on."))
    return redirect(url_for(".show"), 303)


def _keep(form: AudienceForm) -> None:
    with unit_of_work():
        audience.choose(
            current_user, week_max=form.week_max.data, month_max=form.month_max.data,
            gap_hours=form.gap_hours.data, topics=form.topics.data or [], now=clock.now(),
        )  # fmt: skip


def _page(form: AudienceForm) -> str:
    now = clock.now()
    chosen = audience.chosen_by(current_user.id)
    repeats = repeated_captions(current_user.id, now - MONTH)
    accounts = [
        {
            "name": audience.shown(each.handle),
            "platform": each.handle.platform,
            "load": each.load,
            "repeats": repeats.get((each.handle.platform, audience.shown(each.handle)), 0),
        }
        for each in audience.account_loads(current_user.id, now=now)
    ]
    return render_template(
        "missions/audience.html", form=form, accounts=accounts, limits=chosen.limits, staff=chosen.staff,
        offered=topics_on_offer(),
    )  # fmt: skip
