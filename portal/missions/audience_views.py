"""A person's own page about their audience: what followers saw of us, when they are rested, limits and topics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.accounts.logins.counting import paces_of
from portal.accounts.logins.models import PublicPace
from portal.accounts.ports import countable_networks
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.missions import audience
from portal.missions.audience import AccountLoad
from portal.missions.audience_forms import AudienceForm
from portal.missions.audience_models import AudienceChoice
from portal.missions.ports import repeated_captions
from portal.missions.queries import topics_on_offer
from portal.missions.resting import MONTH, share_for_us

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
    if not form.validate():
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
    paces, countable = paces_of(current_user.id), countable_networks()
    repeats = repeated_captions(current_user.id, now - MONTH)
    accounts = [
        {
            "name": audience.shown(each.handle),
            "platform": each.handle.platform,
            "load": each.load,
            "counting": _counting(each, paces, countable),
            "repeats": repeats.get((each.handle.platform, audience.shown(each.handle)), 0),
        }
        for each in audience.account_loads(current_user.id, now=now)
    ]
    return render_template(
        "missions/audience.html", form=form, accounts=accounts, limits=chosen.limits, staff=chosen.staff,
        offered=topics_on_offer(),
    )  # fmt: skip


def _counting(each: AccountLoad, paces: Mapping[str, PublicPace | None], countable: Collection[str]) -> dict[str, Any]:
    """What is known of all that this account posts: only where its network tells it and its owner allows it."""
    pace = paces.get(each.handle.id)
    return {
        "handle_id": each.handle.id,
        "can": each.handle.platform in countable and each.handle.external_id is not None,
        "allowed": each.handle.id in paces,
        "at": pace.counted_at if pace else None,
        "share": share_for_us(each.load.month, pace.posts_28d, is_at_least=pace.is_at_least) if pace else None,
    }
