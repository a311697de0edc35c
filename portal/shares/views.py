"""Fans' pages of shares: handing in, watching the checks, mending, taking back, appealing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts.queries import handles_of
from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.kernel.web import reads_before_it_writes
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.models import MissionKind
from portal.missions.queries import claim_of
from portal.missions.rating import rating_of
from portal.missions.wording import LIKINGS
from portal.shares import appealing, kind_pages, queries, screenshots, showing, submitting, wording
from portal.shares.forms import AppealForm, ScreenshotForm, SubmitForm
from portal.shares.guide import networks
from portal.shares.handing_in import CommentPlace, hand_in_comment
from portal.shares.kind_forms import alts_in
from portal.shares.models import Share, ShareForm
from portal.shares.pictures import describe, waiting_with
from portal.shares.platforms.registry import NotAPost
from portal.shares.things import things_of
from portal.shares.transitions import IllegalMove
from portal.shares.whose import doubt_about

bp = Blueprint("shares", __name__)

LOOKS = "60 per hour"
"""How often one person may ask for a look: each costs a network a read."""


@bp.get("/claims/<claim_id>/share")
@allow(Permission.TAKE_PART)
def submit(claim_id: str) -> ResponseReturnValue:
    claim = _claim(claim_id)
    known = queries.open_share_of_claim(claim.id)
    form_kind = kind_pages.form_for(claim, known, request.args.get("as", ""))
    if form_kind is not ShareForm.NEWCOMER and known is not None and not kind_pages.can_be_filled(known):
        return redirect(url_for(".show", share_id=known.id), 303)
    if form_kind is not ShareForm.POST:
        return kind_pages.page_of(form_kind, claim)
    typed = request.args.get("url")
    if "HX-Request" in request.headers:
        return render_template("shares/_recognised.html", **_recognised(claim, typed or ""))
    form = SubmitForm(formdata=None, url=typed if typed is not None else claim.draft.get("url", ""))
    return _submit_page(claim, form)


@bp.post("/claims/<claim_id>/share")
@allow(Permission.TAKE_PART)
@reads_before_it_writes
@limiter.limit(LOOKS)
def hand_in(claim_id: str) -> ResponseReturnValue:
    claim = _claim(claim_id)
    if ShareForm.POST not in kind_pages.forms_of(claim.mission):
        abort(404)
    form = SubmitForm()
    if not form.validate():
        return _submit_page(claim, form), 422
    try:
        with unit_of_work():
            share_id = _submitted(claim, form.url.data or "").id
    except NotAPost as problem:
        form.url.errors = [wording.not_a_post_sentence(problem)]
        return _submit_page(_claim(claim_id), form), 422
    except submitting.SubmitRefused as refusal:
        form.url.errors = [refusal.sentence]
        return _submit_page(_claim(claim_id), form, refusal=refusal), refusal.status
    return redirect(url_for(".show", share_id=share_id), 303)


@bp.post("/claims/<claim_id>/draft")
@allow(Permission.TAKE_PART)
def keep_draft(claim_id: str) -> ResponseReturnValue:
    """Keep what was typed; nothing is judged."""
    claim = _claim(claim_id)
    with unit_of_work():
        claim.draft = kind_pages.draft_from(request.form, claim)
        describe(waiting_with(claim), alts_in(request.form))
    if "HX-Request" in request.headers:
        return "", 204
    done(_("Your draft is kept."))
    return redirect(url_for(".submit", claim_id=claim_id, **kind_pages.wanted_form(request.args)), 303)


@bp.get("/shares/<share_id>")
@allow(Permission.TAKE_PART)
def show(share_id: str) -> ResponseReturnValue:
    return share_page(_share(share_id))


@bp.get("/shares/<share_id>/checks")
@allow(Permission.TAKE_PART)
def checks(share_id: str) -> ResponseReturnValue:
    """What changes while checks run; once they, or a look that was asked for, are done, the whole page is asked for."""
    share = _share(share_id)
    page = showing.shown(share)
    if page.looking:
        return "", 204
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
        return share_page(_share(share_id), problem=_moved()), 409
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
        return share_page(_share(share_id), problem=_moved()), 409
    claim = held.claim
    if claim.state == ClaimState.ACTIVE:
        done(
            _("You took it back. Your place is still yours: hand in another post.")
            if held.form == ShareForm.POST
            else _("You took it back. Your place is still yours: change it and hand it in again.")
        )
        return redirect(url_for(".submit", claim_id=claim.id), 303)
    done(_("You took it back."))
    return redirect(url_for(".show", share_id=share_id), 303)


@bp.post("/shares/<share_id>/appeal")
@allow(Permission.TAKE_PART)
def appeal(share_id: str) -> ResponseReturnValue:
    share, form = _share(share_id), AppealForm()
    if not form.validate():
        return share_page(share, form), 422
    try:
        with unit_of_work():
            appealing.appeal(queries.hold(share), person=current_user, text=form.text.data, now=clock.now())
    except appealing.AppealRefused as refusal:
        return share_page(_share(share_id), form, problem=str(refusal.sentence)), refusal.status
    done(_("Your appeal is with us. Somebody else looks at it."))
    return redirect(url_for(".show", share_id=share_id), 303)


def _submitted(claim: Claim, typed: str) -> Share:
    """A post; for a mission that asks for a comment, that comment where it has an address of its own."""
    now = clock.now()
    comment = networks().comment_at(typed) if claim.mission.kind == MissionKind.ENGAGE else None
    if comment is None:
        return submitting.submit_share(claim, person=current_user, typed_url=typed, now=now)
    submitting.refuse_other_networks(comment.platform, claim)
    place = CommentPlace(comment.platform, comment.url, typed, comment.key)
    return hand_in_comment(claim, place, "", person=current_user, now=now)


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
    known = networks()
    try:
        comment = known.comment_at(typed) if claim.mission.kind == MissionKind.ENGAGE else None
        if comment is not None:
            name = known.name_of(comment.platform)
            return {"found": None, "sentence": _("A comment on %(network)s. A person looks it up.", network=name)}
        found = submitting.recognise(typed, claim)
    except NotAPost as problem:
        return {"found": None, "sentence": wording.not_a_post_sentence(problem)}
    there = [handle for handle in handles_of(current_user.id) if handle.platform == found.platform]
    return {
        "found": found, "network": known.name_of(found.platform), "sentence": "",
        "by_person": not known.reads(found.platform), "doubt": doubt_about(found, there),
    }  # fmt: skip


def _submit_page(claim: Claim, form: SubmitForm, refusal: submitting.SubmitRefused | None = None) -> str:
    return render_template(
        "shares/submit.html", claim=claim, mission=claim.mission, form=form, refusal=refusal,
        forms=kind_pages.forms_of(claim.mission), form_kind=ShareForm.POST, is_over=claim.state != ClaimState.ACTIVE,
        **_recognised(claim, "" if form.errors else form.url.data or ""),
    )  # fmt: skip


def share_page(
    share: Share, form: AppealForm | None = None, problem: str = "", screenshot_form: ScreenshotForm | None = None
) -> str:
    """The page of a share, with forms as they were typed, and with what went wrong."""
    page = showing.shown(share)
    shots = screenshots.shown(share)
    return render_template(
        "shares/show.html", page=page, share=share, mission=share.mission, problem=problem,
        form=form or AppealForm(formdata=None), network=networks().name_of(share.platform) if share.platform else "",
        late=showing.decides_late(share, clock.now()), why=wording.reason_sentence(share.reason_code),
        missing=wording.missing_sentence(share.missing_code or share.reason_code),
        summary=showing.verdict_line(page.checks),
        source=wording.source_name(page.evidence.source) if page.evidence else "", things=things_of(share), staff=False,
        likings=list(LIKINGS.items()), liking=rating_of(share.claim_id), shots=shots,
        shot_form=screenshot_form or ScreenshotForm(formdata=None, words=shots.words),
    )  # fmt: skip
