"""Fans' pages: the catalogue, a reward, redeeming it, and what one has."""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from portal.extensions import db
from portal.kernel import clock, rich_text
from portal.kernel.access import Permission, allow, public
from portal.kernel.base import new_id
from portal.kernel.files import FileMissing, headers_for
from portal.kernel.flashes import done
from portal.kernel.form import FlaskForm
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.rewards import kinds, problems, queries, redeeming, steps, waiting, wishing, wording
from portal.rewards.forms import RedeemForm
from portal.rewards.fulfilment import fulfilment_of
from portal.rewards.fulfilment.experience import door_url
from portal.rewards.kind_models import Cause, Download, Ticket
from portal.rewards.models import Redemption, RedemptionState, Reward, RewardKind
from portal.rewards.order_forms import ProblemForm
from portal.rewards.pictures import pictures_of
from portal.rewards.queries import Filter, Offer
from portal.rewards.refusals import OrderRefused, RedemptionRefused, TierTooLow
from portal.rewards.showing import reward_card
from portal.rewards.variants import variants_of

bp = Blueprint("rewards", __name__)

LINK_SECONDS = 10 * 60


@bp.get("/rewards")
@allow(Permission.TAKE_PART)
def catalogue() -> ResponseReturnValue:
    shown = request.args.get("show")
    chosen = Filter(shown) if shown in list(Filter) else Filter.EVERYTHING
    found = queries.catalogue(current_user, chosen, cursor=request.args.get("after"))
    return render_template(
        "rewards/catalogue.html",
        catalogue=found,
        cards=[reward_card(offer) for offer in found.offers],
        chosen=chosen,
        filters=[
            {"label": label, "url": url_for(".catalogue", show=name), "current": name == chosen}
            for name, label in wording.FILTERS.items()
        ],
    )


def _in_words(offer: Offer[Reward]) -> dict[str, object]:
    return {
        "offer": offer, "stock": wording.stock_for(offer), "hint": wording.affordability(offer),
        "whom": wording.for_whom(offer), "price_reason": wording.price_reason(offer),
    }  # fmt: skip


@bp.get("/rewards/<reward_id>")
@allow(Permission.TAKE_PART)
def show(reward_id: str) -> ResponseReturnValue:
    offer = _offer(reward_id)
    fulfilment = fulfilment_of(offer.reward.kind)
    return render_template(
        "rewards/show.html", **_in_words(offer), description=rich_text.render(offer.reward.description),
        kind_template=fulfilment.offer_template, tier_prices=wording.tier_prices(offer), way_on=_way_on(offer),
        pictures=pictures_of(offer.reward),
        **_wanted(offer), **fulfilment.offered(offer.reward),
    )  # fmt: skip


def _way_on(offer: Offer[Reward]) -> tuple[str, str]:
    """What somebody who is left out can do: label and address."""
    if isinstance(offer.refusal, TierTooLow):
        return _("Earn them with a mission"), url_for("missions.board")
    return _("Other rewards"), url_for(".catalogue", show=Filter.NOW)


def _wanted(offer: Offer[Reward]) -> dict[str, object]:
    """Does this person wait for it, or save for it?"""
    wait = waiting.wait_of(current_user.id, offer.reward.id)
    return {
        "wait": wait,
        "ahead": waiting.ahead_of(wait) if wait else 0,
        "wished": wishing.is_wished(current_user.id, offer.reward.id),
        "gone_variants": [each for each in variants_of(offer.reward.id) if each.stock == 0],
    }


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
    offer = _offer(reward_id)
    details = fulfilment_of(offer.reward.kind).details_form(offer.reward, current_user)
    key, price_points = form.idempotency_key.data, form.price_points.data
    if details is not None and not details.validate():
        return _confirmation(offer, details=details, key=key), 422
    answers = _answers(details)
    cash_minor = form.cash_minor.data
    asked = fingerprint(
        "redeem", {"reward": reward_id, "price_points": price_points, "cash_minor": cash_minor, **answers}
    )
    try:
        with unit_of_work():
            answer = first_answer(current_user.id, key, asked)
            if answer is None:
                redemption = redeeming.redeem(
                    offer.reward, current_user, now=clock.now(), price_points_seen=price_points,
                    cash_minor_seen=cash_minor, details=answers,
                )  # fmt: skip
                answer = url_for(".redemption", redemption_id=redemption.id)
                remember(current_user.id, key, asked, answer)
    except RedemptionRefused as refusal:
        answer = _answered_meanwhile(key, asked)
        if answer is None:
            return _confirmation(_offer(reward_id), refusal, details=details), refusal.status
    except KeyReused:
        answer = _answered_meanwhile(key, asked)
        if answer is None:
            abort(409)
    onward = fulfilment_of(offer.reward.kind).way_on(answer.rpartition("/")[2])
    return redirect(onward or answer, 303)


def _answers(details: FlaskForm | None) -> dict[str, Any]:
    """What the kind asked for, as typed; without the form's own token."""
    return {} if details is None else {name: value for name, value in details.data.items() if name != "csrf_token"}


def _answered_meanwhile(key: str, asked: str) -> str | None:
    """Pressed twice at once, the second waited for the first and lost to it: it gets the same answer."""
    try:
        return first_answer(current_user.id, key, asked)
    except KeyReused:
        return None


def _confirmation(
    offer: Offer[Reward],
    refusal: RedemptionRefused | None = None,
    *,
    details: FlaskForm | None = None,
    key: str | None = None,
) -> str:
    """The page that asks once more; `details` keeps what was typed, `key` what a refused try had."""
    fulfilment = fulfilment_of(offer.reward.kind)
    form = RedeemForm(
        formdata=None, idempotency_key=key or new_id(), price_points=offer.price.points,
        cash_minor=offer.reward.cash_minor,
    )  # fmt: skip
    return render_template(
        "rewards/redeem.html", form=form, refusal=refusal, what_next=fulfilment.what_next(offer.reward),
        details=details or fulfilment.details_form(offer.reward, current_user), **_in_words(offer),
    )  # fmt: skip


@bp.get("/redemptions")
@allow(Permission.TAKE_PART)
def redemptions() -> ResponseReturnValue:
    page = queries.redemptions_of(current_user.id, cursor=request.args.get("after"))
    return render_template("rewards/redemptions.html", page=page)


@bp.get("/redemptions/<redemption_id>")
@allow(Permission.TAKE_PART)
def redemption(redemption_id: str) -> ResponseReturnValue:
    return redemption_page(_mine(redemption_id))


@bp.post("/redemptions/<redemption_id>/reveal")
@allow(Permission.TAKE_PART)
def reveal(redemption_id: str) -> ResponseReturnValue:
    mine = _mine(redemption_id)
    try:
        with unit_of_work():
            redeeming.reveal(mine, now=clock.now())
    except RedemptionRefused as refusal:
        return redemption_page(_mine(redemption_id), refusal), refusal.status
    return redirect(url_for(".redemption", redemption_id=redemption_id, _anchor="code"), 303)


@bp.post("/redemptions/<redemption_id>/file")
@allow(Permission.TAKE_PART)
def take_file(redemption_id: str) -> ResponseReturnValue:
    """Count it, and go to an address that gives the file for some minutes."""
    mine = _mine(redemption_id)
    if mine.reward.kind != RewardKind.DOWNLOAD or mine.state != RedemptionState.FULFILLED:
        abort(404)
    with unit_of_work():
        kinds.count_download(steps.hold(mine), now=clock.now())
    return redirect(url_for(".file", token=_links().dumps(redemption_id)), 303)


@bp.get("/downloads/<token>")
@public
def file(token: str) -> ResponseReturnValue:
    """The file of a signed address; one that is too old says where to get a new one."""
    try:
        redemption_id = _links().loads(token, max_age=LINK_SECONDS)
    except SignatureExpired as old:
        there = url_for(".redemption", redemption_id=_links().load_payload(old.payload or b""))
        return render_template("rewards/link_expired.html", url=there), 410
    except BadSignature:
        abort(404)
    found = db.session.get(Redemption, redemption_id)
    download = db.session.get(Download, found.reward_id) if found else None
    if found is None or download is None or found.state != RedemptionState.FULFILLED:
        abort(404)
    key, name = download.file_key, download.file_name
    end_reading()
    try:
        body = current_app.extensions["portal_files"].get(key)
    except FileMissing:
        abort(404)
    headers = {**headers_for(key, download_name=name), "Cache-Control": "private, no-store"}
    return Response(body, headers=headers)


class _OurClock(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _links() -> URLSafeTimedSerializer:
    """Signs with the first secret key, which it wants last, and knows the others."""
    keys = current_app.config["SETTINGS"].secret_keys
    return URLSafeTimedSerializer(list(reversed(keys)), salt="reward-file", signer=_OurClock)


@bp.get("/redemptions/<redemption_id>/receipt")
@allow(Permission.TAKE_PART)
def receipt(redemption_id: str) -> ResponseReturnValue:
    """A page to print: what was given, by whom, to what, when."""
    mine = _mine(redemption_id)
    cause = db.session.get(Cause, mine.reward_id)
    if cause is None or mine.state != RedemptionState.FULFILLED:
        abort(404)
    return render_template("rewards/receipt.html", redemption=mine, cause=cause)


@bp.get("/redemptions/<redemption_id>/ticket.svg")
@allow(Permission.TAKE_PART)
def ticket(redemption_id: str) -> ResponseReturnValue:
    """The ticket's picture: a QR code of the address at which staff let its owner in."""
    mine = _mine(redemption_id)
    found = db.session.get(Ticket, mine.id)
    if found is None or mine.state != RedemptionState.FULFILLED:
        abort(404)
    drawn = io.BytesIO()
    segno.make(door_url(found), micro=False, error="m").save(drawn, kind="svg", scale=6, dark="#000", light="#fff")
    return Response(drawn.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "private, no-store"})


@bp.post("/redemptions/<redemption_id>/problem")
@allow(Permission.TAKE_PART)
def report_problem(redemption_id: str) -> ResponseReturnValue:
    """Something is wrong: staff look at it."""
    mine, form = _mine(redemption_id), ProblemForm()
    if not form.validate():
        return redemption_page(mine, problem_form=form), 422
    try:
        with unit_of_work():
            problems.report(mine, form.text.data or "", now=clock.now())
    except OrderRefused as refusal:
        form.text.errors = [str(refusal.sentence)]
        return redemption_page(_mine(redemption_id), problem_form=form), 409
    done(_("Thank you. A person looks at it and answers here."))
    return redirect(url_for(".redemption", redemption_id=redemption_id), 303)


@bp.post("/redemptions/<redemption_id>/cancel")
@allow(Permission.TAKE_PART)
def cancel(redemption_id: str) -> ResponseReturnValue:
    """Give it back; pressed twice, the second press is told what the first one did."""
    mine = _mine(redemption_id)
    try:
        with unit_of_work():
            redeeming.cancel(mine, now=clock.now())
    except RedemptionRefused as refusal:
        mine = _mine(redemption_id)
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
        heading=wording.redemption_heading(mine, str(fulfilment.had)),
        status=fulfilment.status(mine),
        kind_template=fulfilment.template,
        problem=problems.open_problem(mine.id),
        problem_form=(problem_form or ProblemForm(formdata=None)) if problems.may_report(mine) else None,
        undo=redeeming.can_be_undone(mine, now=clock.now()),
        how_to_use=rich_text.render(mine.reward.how_to_use),
        timeline=wording.timeline(queries.steps_of(mine.id), mine.person_id),
        **fulfilment.shown(mine),
    )


def _offer(reward_id: str) -> Offer[Reward]:
    offer = queries.offer_to(current_user, reward_id)
    if offer is None:
        abort(404)
    return offer


def _mine(redemption_id: str) -> Redemption:
    mine = queries.redemption_of(current_user.id, redemption_id)
    if mine is None:
        abort(404)
    return mine
