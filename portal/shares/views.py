"""Fans' pages of shares: handing in, watching the checks, mending, taking back, appealing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.models import Claim, ClaimState
from portal.missions.queries import claim_of
from portal.missions.rating import rating_of
from portal.missions.wording import LIKINGS
from portal.shares import appealing, queries, showing, submitting, wording
from portal.shares.forms import AppealForm, SubmitForm
from portal.shares.guide import networks
from portal.shares.models import Share
from portal.shares.platforms.addresses import LENGTH_MAX
from portal.shares.platforms.registry import NotAPost
from portal.shares.transitions import IllegalMove

bp = Blueprint("shares", __name__)

LOOKS = "60 per hour"
"""How often one person may ask for a look: each costs a network a read."""


@bp.get("/claims/<claim_id>/share")
@allow(Permission.TAKE_PART)
def submit(claim_id: str) -> ResponseReturnValue:
    claim = _claim(claim_id)
    known = queries.open_share_of_claim(claim.id)
    if known is not None:
        return redirect(url_for(".show", share_id=known.id), 303)
    typed = request.args.get("url")
    if "HX-Request" in request.headers:
        return render_template("shares/_recognised.html", **_recognised(claim, typed or ""))
    form = SubmitForm(formdata=None, url=typed if typed is not None else claim.draft.get("url", ""))
    return _submit_page(claim, form)


@bp.post("/claims/<claim_id>/share")
@allow(Permission.TAKE_PART)
@limiter.limit(LOOKS)
def hand_in(claim_id: str) -> ResponseReturnValue:
    claim = _claim(claim_id)
    form = SubmitForm()
    if not form.validate():
        return _submit_page(claim, form), 422
    try:
        with unit_of_work():
            share = submitting.submit_share(claim, person=current_user, typed_url=form.url.data or "", now=clock.now())
    except NotAPost as problem:
        form.url.errors = [wording.not_a_post_sentence(problem)]
        return _submit_page(_claim(claim_id), form), 422
    except submitting.SubmitRefused as refusal:
        form.url.errors = [refusal.sentence]
        return _submit_page(_claim(claim_id), form, refusal=refusal), refusal.status
    return redirect(url_for(".show", share_id=share.id), 303)


@bp.post("/claims/<claim_id>/draft")
@allow(Permission.TAKE_PART)
def keep_draft(claim_id: str) -> ResponseReturnValue:
    """Keep what was typed; nothing is judged."""
    claim = _claim(claim_id)
    with unit_of_work():
        claim.draft = {"url": request.form.get("url", "")[:LENGTH_MAX]}
    if "HX-Request" in request.headers:
        return "", 204
    done(_("Your draft is kept."))
    return redirect(url_for(".submit", claim_id=claim_id), 303)


@bp.get("/shares/<share_id>")
@allow(Permission.TAKE_PART)
def show(share_id: str) -> ResponseReturnValue:
    return _share_page(_share(share_id), AppealForm(formdata=None))


@bp.get("/shares/<share_id>/checks")
@allow(Permission.TAKE_PART)
def checks(share_id: str) -> ResponseReturnValue:
    """The part of the page that changes while the checks run; once they are done, the whole page is asked for."""
    share = _share(share_id)
    page = showing.shown(share)
    if not page.running:
        return "", 200, {"HX-Refresh": "true"}
    return render_template("shares/_checks.html", page=page)


@bp.post("/shares/<share_id>/check-again")
@allow(Permission.TAKE_PART)
@limiter.limit(LOOKS)
def check_again(share_id: str) -> ResponseReturnValue:
    share = _share(share_id)
    try:
        with unit_of_work():
            submitting.check_again(queries.hold(share), person=current_user, now=clock.now())
    except IllegalMove:
        return _share_page(_share(share_id), AppealForm(formdata=None), problem=_moved()), 409
    done(_("We look again, usually within a minute."))
    return redirect(url_for(".show", share_id=share_id), 303)


@bp.post("/shares/<share_id>/withdraw")
@allow(Permission.TAKE_PART)
def withdraw(share_id: str) -> ResponseReturnValue:
    share = _share(share_id)
    try:
        with unit_of_work():
            held = queries.hold(share)
            submitting.withdraw(held, person=current_user, now=clock.now())
    except IllegalMove:
        return _share_page(_share(share_id), AppealForm(formdata=None), problem=_moved()), 409
    claim = held.claim
    if claim.state == ClaimState.ACTIVE:
        done(_("You took it back. Your place is still yours: hand in another post."))
        return redirect(url_for(".submit", claim_id=claim.id), 303)
    done(_("You took it back."))
    return redirect(url_for(".show", share_id=share_id), 303)


@bp.post("/shares/<share_id>/appeal")
@allow(Permission.TAKE_PART)
def appeal(share_id: str) -> ResponseReturnValue:
    share, form = _share(share_id), AppealForm()
    if not form.validate():
        return _share_page(share, form), 422
    try:
        with unit_of_work():
            appealing.appeal(queries.hold(share), person=current_user, text=form.text.data, now=clock.now())
    except appealing.AppealRefused as refusal:
        return _share_page(_share(share_id), form, problem=str(refusal.sentence)), refusal.status
    done(_("Your appeal is with us. Somebody else looks at it."))
    return redirect(url_for(".show", share_id=share_id), 303)


def _claim(claim_id: str) -> Claim:
    return claim_of(current_user.id, claim_id) or abort(404)


def _share(share_id: str) -> Share:
    return queries.share_of(current_user.id, share_id) or abort(404)


def _moved() -> str:
    return _("Something changed here a moment ago. This is how it stands now.")


def _recognised(claim: Claim, typed: str) -> dict[str, Any]:
    """What was pasted, for the line under the field."""
    if not typed.strip():
        return {"found": None, "sentence": ""}
    try:
        found = submitting.recognise(typed, claim)
    except NotAPost as problem:
        return {"found": None, "sentence": wording.not_a_post_sentence(problem)}
    known = networks()
    return {
        "found": found, "network": known.name_of(found.platform), "sentence": "",
        "by_person": not known.reads(found.platform),
    }  # fmt: skip


def _submit_page(claim: Claim, form: SubmitForm, refusal: submitting.SubmitRefused | None = None) -> str:
    return render_template(
        "shares/submit.html", claim=claim, mission=claim.mission, form=form, refusal=refusal,
        is_over=claim.state != ClaimState.ACTIVE, **_recognised(claim, "" if form.errors else form.url.data or ""),
    )  # fmt: skip


def _share_page(share: Share, form: AppealForm, problem: str = "") -> str:
    page = showing.shown(share)
    return render_template(
        "shares/show.html", page=page, share=share, mission=share.mission, form=form, problem=problem,
        network=networks().name_of(share.platform), late=showing.decides_late(share, clock.now()),
        why=wording.reason_sentence(share.reason_code), missing=wording.missing_sentence(share.missing_code),
        summary=showing.verdict_line(page.checks),
        source=wording.source_name(page.evidence.source) if page.evidence else "",
        likings=list(LIKINGS.items()), liking=rating_of(share.claim_id),
    )  # fmt: skip
