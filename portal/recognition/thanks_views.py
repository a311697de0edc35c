"""Thanking somebody, the wall, and one's own thanks."""

from __future__ import annotations

import math

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.crypto import box_for
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.recognition import thanking, thanks_queries
from portal.recognition.league_rules import first_day
from portal.recognition.thanking import ThanksRefused
from portal.recognition.thanks_forms import PUBLIC, ThankForm
from portal.recognition.thanks_models import Thanks
from portal.recognition.wording import thanks_refused

bp = Blueprint("thanks", __name__, url_prefix="/thanks")
SENDS = "20 per hour"
"""Of forms, refused ones too; how many thanks somebody gives is for `thanks_rules` to say."""
STATUSES = {"again": 429, "many": 429, "too_short": 422, "too_long": 422, "address": 422, "watched": 422}
"""The others are 409: somebody decided otherwise meanwhile."""
OF_TEXT = {"too_short", "too_long", "address", "watched"}


@bp.get("")
@allow(Permission.TAKE_PART)
def wall() -> ResponseReturnValue:
    """What people thanked each other for lately, as far as they let others read it."""
    page = thanks_queries.wall(request.args.get("after"))
    return render_template("recognition/wall.html", page=page, lines=thanks_queries.shown(page.rows))


@bp.get("/mine")
@allow(Permission.TAKE_PART)
def mine() -> ResponseReturnValue:
    """What I got and what I gave."""
    page = thanks_queries.received(current_user.id, request.args.get("after"))
    given = thanks_queries.given(current_user.id) if page.is_first else []
    lines = thanks_queries.shown([*page.rows, *given])
    return render_template(
        "recognition/own_thanks.html", page=page, received=lines[: len(page.rows)], given=lines[len(page.rows) :]
    )


@bp.get("/to/league/<int(max=99):slot>")
@allow(Permission.TAKE_PART)
def to_league(slot: int) -> ResponseReturnValue:
    """Write to somebody of one's own league."""
    return write_page(_in_league(slot))


@bp.post("/to/league/<int(max=99):slot>")
@allow(Permission.TAKE_PART)
@limiter.limit(SENDS)
def send_to_league(slot: int) -> ResponseReturnValue:
    return send(_in_league(slot))


@bp.get("/<thanks_id>/answer")
@allow(Permission.TAKE_PART)
def answer(thanks_id: str) -> ResponseReturnValue:
    """Write to who thanked me, or to somebody whom others thanked on the wall."""
    return write_page(_other(thanks_id))


@bp.post("/<thanks_id>/answer")
@allow(Permission.TAKE_PART)
@limiter.limit(SENDS)
def send_answer(thanks_id: str) -> ResponseReturnValue:
    return send(_other(thanks_id))


@bp.post("/<thanks_id>/take-back")
@allow(Permission.TAKE_PART)
def take_back(thanks_id: str) -> ResponseReturnValue:
    """Unsay what I gave."""
    thanks = thanks_queries.given_one(current_user.id, thanks_id) or abort(404)
    with unit_of_work():
        thanking.take_back(thanks)
    done(_("Your thanks is taken back. Nobody reads it any more."))
    return redirect(url_for(".mine"), 303)


@bp.post("/<thanks_id>/hide")
@allow(Permission.TAKE_PART)
def hide(thanks_id: str) -> ResponseReturnValue:
    """Take what I got off the wall."""
    thanks = _received_or_404(thanks_id)
    with unit_of_work():
        thanking.hide(thanks, now=clock.now())
    done(_("It is off the wall. Only you can read it now."), undo_url=url_for(".show", thanks_id=thanks_id))
    return redirect(url_for(".mine"), 303)


@bp.post("/<thanks_id>/show")
@allow(Permission.TAKE_PART)
def show(thanks_id: str) -> ResponseReturnValue:
    """Let it stand on the wall again."""
    thanks = _received_or_404(thanks_id)
    with unit_of_work():
        thanking.show(thanks)
    done(_("It is on the wall again."))
    return redirect(url_for(".mine"), 303)


@bp.post("/<thanks_id>/report")
@allow(Permission.TAKE_PART)
def report(thanks_id: str) -> ResponseReturnValue:
    """Ask staff to look at what I got."""
    thanks = _received_or_404(thanks_id)
    with unit_of_work():
        thanking.report(thanks, now=clock.now())
    done(_("The team looks at it. It is off the wall, and they can send you no more thanks."))
    return redirect(url_for(".mine"), 303)


def write_page(to_id: str, form: ThankForm | None = None, *, problem: str = "") -> str:
    """The form to thank this person, in public only where both want to be seen; or when one can again."""
    early = thanking.why_wait(current_user.id, to_id, as_staff=False, now=clock.now()) if form is None else None
    public = thanking.is_seen(to_id) and thanking.is_seen(current_user.id)
    form = form or ThankForm(formdata=None)
    form.offer(public=public)
    form.meant.data = _meant(to_id)
    name = thanks_queries.names_of([to_id])[to_id]
    return render_template(
        "recognition/thank.html", form=form, name=name, public=public, problem=problem,
        wait=thanks_refused(early) if early else "",
    )  # fmt: skip


def send(to_id: str) -> ResponseReturnValue:
    """Thank this person as the form says, if it is the one whom the page showed; for the pages of teams as well."""
    form = ThankForm()
    form.offer(public=True)
    if form.meant.data and form.meant.data != _meant(to_id):
        problem = _("The board has changed since you opened this page. Look whom you write to now.")
        return write_page(to_id, form, problem=problem), 409
    if not form.validate():
        return write_page(to_id, form), 422
    try:
        with unit_of_work():
            thanks = thanking.thank(
                current_user, to_id, form.text.data, is_public=form.reading.data == PUBLIC, as_staff=False,
                now=clock.now(),
            )  # fmt: skip
            thanks_id = thanks.id
    except ThanksRefused as refused:
        return refusal(write_page(to_id, form, problem=put_where_it_belongs(form, refused)), refused)
    undo_url = url_for("thanks.take_back", thanks_id=thanks_id)
    done(_("They read it in their inbox. Thank you for saying it."), undo_url=undo_url)
    return redirect(url_for("thanks.wall"), 303)


def put_where_it_belongs(form: ThankForm, refused: ThanksRefused) -> str:
    """At the words if it is about them; else the sentence for the top of the page."""
    if refused.reason_code not in OF_TEXT:
        return thanks_refused(refused)
    form.text.errors = [thanks_refused(refused)]
    return ""


def refusal(page: str, refused: ThanksRefused) -> ResponseReturnValue:
    """The page with the status of a refusal, and how long to wait where that is all."""
    headers = {}
    if refused.wait_until is not None:
        headers["Retry-After"] = str(max(1, math.ceil((refused.wait_until - clock.now()).total_seconds())))
    return page, STATUSES.get(refused.reason_code, 409), headers


def _in_league(slot: int) -> str:
    month = first_day(clock.now().date())
    return thanks_queries.in_league(current_user.id, month, slot) or abort(404)


def _other(thanks_id: str) -> str:
    found = thanks_queries.other_of(current_user.id, thanks_id)
    return found if found and found != current_user.id else abort(404)


def _received_or_404(thanks_id: str) -> Thanks:
    return thanks_queries.received_one(current_user.id, thanks_id) or abort(404)


def _meant(to_id: str) -> str:
    """Names the receiver to this sender alone: under a pseudonym nobody can be told from it."""
    return box_for("thanks").digest(f"{current_user.id}:{to_id}")
