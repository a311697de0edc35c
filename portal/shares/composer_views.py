"""The composer's page: a caption is written, checked and put right before it is posted anywhere."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.accounts.queries import proved_handles
from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.unit_of_work import unit_of_work
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.queries import claim_of
from portal.shares.composing import Composed, composed, platforms_for, starting_text
from portal.shares.forms import CaptionForm
from portal.shares.kind_pages import COMPOSED

bp = Blueprint("composer", __name__)

CHECKS = "120 per minute;2000 per hour"
"""How often one person may have a caption looked at: once for each pause in typing."""
LIVE = (ClaimState.ACTIVE, ClaimState.SUBMITTED)


@bp.get("/claims/<claim_id>/caption")
@allow(Permission.TAKE_PART)
def write(claim_id: str) -> ResponseReturnValue:
    """Start from one of the share kit's captions (`start`), else from the draft that was kept."""
    claim = _claim(claim_id)
    text = starting_text(claim, current_user, request.args.get("start", ""))
    form = CaptionForm(formdata=None, text=text, platform=request.args.get("for", ""))
    return _page(claim, form, _look(claim, text, form.platform.data or ""))


@bp.post("/claims/<claim_id>/caption")
@allow(Permission.TAKE_PART)
@limiter.limit(CHECKS)
def check(claim_id: str) -> ResponseReturnValue:
    """Look at what was written. As one types, only the answer comes back; a button keeps the draft as well."""
    claim, form = _claim(claim_id), CaptionForm()
    text = (form.text.data or "").replace("\r\n", "\n")
    if not form.validate():
        return _page(claim, form, _look(claim, "", "")), 422
    found = _look(claim, text, form.platform.data or "")
    if "HX-Request" in request.headers:
        return render_template("shares/_composed.html", found=found, claim=claim, is_update=True)
    if request.form.get("act") == "mend" and found.corrected:
        text = found.corrected
        found = _look(claim, text, found.platform)
    with unit_of_work():
        held = claim_of(current_user.id, claim_id) or abort(404)
        held.draft = {**held.draft, COMPOSED: text}
    form = CaptionForm(formdata=None, text=text, platform=found.platform)
    return _page(_claim(claim_id), form, found)


def _claim(claim_id: str) -> Claim:
    return claim_of(current_user.id, claim_id) or abort(404)


def _look(claim: Claim, text: str, platform: str) -> Composed:
    return composed(text, platform, claim, current_user, now=clock.now())


def _page(claim: Claim, form: CaptionForm, found: Composed) -> str:
    form.platform.choices = platforms_for(claim.mission, proved_handles(current_user.id))
    form.platform.data = found.platform
    return render_template(
        "shares/compose.html", claim=claim, mission=claim.mission, form=form, found=found,
        is_over=claim.state not in LIVE, can_submit=claim.state == ClaimState.ACTIVE,
    )  # fmt: skip
