"""Fans' pages of what they have: the list, one redemption, and what can be done with it."""

from __future__ import annotations

import io

import segno
from flask import Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.extensions import db
from portal.kernel import clock, rich_text
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.rewards import problems, queries, redeeming, wording
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.fulfilment.experience import door_url
from portal.rewards.kind_models import Cause, Ticket
from portal.rewards.kinds import ticket_with
from portal.rewards.models import Redemption, RedemptionState
from portal.rewards.order_forms import ProblemForm
from portal.rewards.refusals import OrderRefused, RedemptionRefused
from portal.rewards.variants import name_of
from portal.rewards.views import bp


@bp.get("/redemptions")
@allow(Permission.TAKE_PART)
def redemptions() -> ResponseReturnValue:
    page = queries.redemptions_of(current_user.id, cursor=request.args.get("after"))
    under_way = queries.parcels_under_way([each.id for each in page.rows if each.state == RedemptionState.FULFILLED])
    return render_template("rewards/redemptions.html", page=page, under_way=under_way)


@bp.get("/redemptions/<redemption_id>")
@allow(Permission.TAKE_PART)
def redemption(redemption_id: str) -> ResponseReturnValue:
    return redemption_page(my_redemption(redemption_id))


@bp.post("/redemptions/<redemption_id>/reveal")
@allow(Permission.TAKE_PART)
def reveal(redemption_id: str) -> ResponseReturnValue:
    mine = my_redemption(redemption_id)
    try:
        with unit_of_work():
            redeeming.reveal(mine, now=clock.now())
    except RedemptionRefused as refusal:
        return redemption_page(my_redemption(redemption_id), refusal), refusal.status
    return redirect(url_for(".redemption", redemption_id=redemption_id, _anchor="code"), 303)


@bp.get("/redemptions/<redemption_id>/receipt")
@allow(Permission.TAKE_PART)
def receipt(redemption_id: str) -> ResponseReturnValue:
    """A page to print: what was given, by whom, to what, when."""
    mine = my_redemption(redemption_id)
    cause = db.session.get(Cause, mine.reward_id)
    if cause is None or mine.state != RedemptionState.FULFILLED:
        abort(404)
    return render_template("rewards/receipt.html", redemption=mine, cause=cause)


@bp.get("/redemptions/<redemption_id>/ticket.svg")
@allow(Permission.TAKE_PART)
def ticket(redemption_id: str) -> ResponseReturnValue:
    """The ticket's picture: a QR code of the address that `read_ticket` answers."""
    mine = my_redemption(redemption_id)
    found = db.session.get(Ticket, mine.id)
    if found is None or mine.state != RedemptionState.FULFILLED:
        abort(404)
    drawn = io.BytesIO()
    segno.make(door_url(found), micro=False, error="m").save(drawn, kind="svg", scale=6, dark="#000", light="#fff")
    return Response(drawn.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "private, no-store"})


@bp.get("/tickets/<code>")
@allow(Permission.TAKE_PART)
def read_ticket(code: str) -> ResponseReturnValue:
    """What a ticket's picture says: staff let its owner in, its owner sees the ticket, nobody else learns anything."""
    if Permission.MANAGE_REWARDS in current_user.permissions:
        return redirect(url_for("door.check_in", code=code))
    found = ticket_with(code)
    if found is not None and found.redemption.person_id == current_user.id:
        return redirect(url_for(".redemption", redemption_id=found.redemption_id))
    return render_template("rewards/ticket_elsewhere.html")


@bp.post("/redemptions/<redemption_id>/problem")
@allow(Permission.TAKE_PART)
def report_problem(redemption_id: str) -> ResponseReturnValue:
    """Something is wrong: staff look at it."""
    mine, form = my_redemption(redemption_id), ProblemForm()
    if not form.validate():
        return redemption_page(mine, problem_form=form), 422
    try:
        with unit_of_work():
            problems.report(mine, form.text.data or "", now=clock.now())
    except OrderRefused as refusal:
        form.text.errors = [str(refusal.sentence)]
        return redemption_page(my_redemption(redemption_id), problem_form=form), 409
    done(_("Thank you. A person looks at it and answers here."))
    return redirect(url_for(".redemption", redemption_id=redemption_id), 303)


@bp.post("/redemptions/<redemption_id>/cancel")
@allow(Permission.TAKE_PART)
def cancel(redemption_id: str) -> ResponseReturnValue:
    """Give it back; pressed twice, the second press is told what the first one did."""
    mine = my_redemption(redemption_id)
    try:
        with unit_of_work():
            redeeming.cancel(mine, now=clock.now())
    except RedemptionRefused as refusal:
        mine = my_redemption(redemption_id)
        if mine.state != RedemptionState.CANCELLED:
            return redemption_page(mine, refusal), refusal.status
    done(_("Undone: your points are back.") if mine.price_points else _("Undone: the gift went back."))
    return redirect(url_for(".redemption", redemption_id=redemption_id), 303)


def redemption_page(
    mine: Redemption, refusal: RedemptionRefused | None = None, *, problem_form: ProblemForm | None = None
) -> str:
    fulfilment = fulfilment_of(mine.reward.kind)
    return render_template(
        "rewards/redemption.html",
        redemption=mine,
        refusal=refusal,
        is_ready=mine.state == RedemptionState.FULFILLED,
        heading=wording.redemption_heading(mine, fulfilment.heading(mine)),
        status=fulfilment.status(mine),
        kind_template=fulfilment.template,
        problem=problems.open_problem(mine.id),
        problem_form=(problem_form or ProblemForm(formdata=None)) if problems.may_report(mine) else None,
        undo=redeeming.can_be_undone(mine, now=clock.now()),
        sort=name_of(mine.variant_id),
        how_to_use=rich_text.render(mine.reward.how_to_use),
        timeline=wording.timeline(queries.steps_of(mine.id), mine.person_id),
        **fulfilment.shown(mine),
    )


def my_redemption(redemption_id: str) -> Redemption:
    mine = queries.redemption_of(current_user.id, redemption_id)
    if mine is None:
        abort(404)
    return mine
