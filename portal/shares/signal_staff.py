"""Staff's page of signals: what each looks for, what it would have noticed lately, and its switch."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.utils import redirect

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.shares import noticing, signal_words
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.signals.weighing import RISK_MAX, all_signals
from portal.shares.switching import NoSuchSignal, SwitchedAlready, switch

bp = Blueprint("signals", __name__, url_prefix="/staff/signals")

TRIED_ON_MAX = 200
"""How many past shares a signal is tried on: the newest of the last ninety days."""
TRIED_SINCE = timedelta(days=90)
EXAMPLES_MAX = 8
WHY_LENGTH_MAX = 300
COUNTED = (ShareState.VERIFIED, ShareState.SETTLED)
REFUSED = (ShareState.REJECTED, ShareState.REVOKED)


@bp.get("")
@allow(Permission.SET_VERDICTS)
def index() -> ResponseReturnValue:
    """Every signal with its switch; `?try=CODE` tries one on past shares."""
    return _page(request.args.get("try", ""))


@bp.post("/<code>")
@allow(Permission.SET_VERDICTS)
def turn(code: str) -> ResponseReturnValue:
    """Switch it on or off, with a reason. Safe to repeat."""
    why, to = request.form.get("why", "").strip()[:WHY_LENGTH_MAX], request.form.get("to", "")
    if to not in ("on", "off"):
        abort(400)
    if not why:
        return _page("", problem=(code, _("Say in a few words why. It is kept with the change."))), 422
    try:
        with unit_of_work():
            switch(code, on=to == "on", actor=current_user, why=why, now=clock.now())
    except NoSuchSignal:
        abort(404)
    except SwitchedAlready:
        pass  # a colleague did the same
    done(_("It is on. It counts from the next look on.") if to == "on" else _("It is off."))
    return redirect(url_for(".index", _anchor=code), 303)


def _page(trying: str, *, problem: tuple[str, str] = ("", "")) -> str:
    on = noticing.switched_on()
    signals = [
        {
            "code": signal.code, "weight": signal.weight, "on": signal.code in on,
            "label": signal_words.LABELS[signal.code], "meaning": signal_words.MEANINGS[signal.code],
        }
        for signal in all_signals()
    ]  # fmt: skip
    tried = _try(trying) if trying in signal_words.LABELS else None
    return render_template(
        "shares/staff_signals.html", signals=signals, tried=tried, trying=trying, problem=problem, risk_max=RISK_MAX
    )


def _try(code: str) -> dict[str, object]:
    since = clock.now() - TRIED_SINCE
    shares = db.session.scalars(
        select(Share)
        .where(Share.submitted_at > since, Share.form == ShareForm.POST, Share.state.in_((*COUNTED, *REFUSED)))
        .order_by(Share.id.desc())
        .limit(TRIED_ON_MAX)
    ).all()
    found = noticing.tried([code], shares)[code]
    return {
        "looked_at": len(shares),
        "noticed": len(found),
        "refused": sum(share.state in REFUSED for share, _noticed in found),
        "examples": [
            {
                "title": share.mission.title, "who": share.person.display_name, "state": share.state,
                "at": share.submitted_at, "url": url_for("shares_staff.explain", share_id=share.id),
                "sentence": signal_words.sentence(each.code, each.details),
            }
            for share, each in found[:EXAMPLES_MAX]
        ],
    }  # fmt: skip
