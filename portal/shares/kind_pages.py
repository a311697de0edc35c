"""Which form a claim is answered with, and the pages of those that are no address of a post. Reads only."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from sqlalchemy import select
from wtforms import DateField

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel.typed import WholeNumberField
from portal.missions.claim_models import Claim, ClaimState
from portal.missions.inviting import invitation_of
from portal.missions.models import Mission, MissionKind
from portal.shares import queries
from portal.shares.handed_in_models import EventReport, GivenAnswer, ToldComment
from portal.shares.handing_in import pictures_at_hand
from portal.shares.inviting import invited_by
from portal.shares.kind_forms import CommentForm, FilesForm, ReportForm, answers_form, field_name
from portal.shares.models import Share, ShareForm, ShareState
from portal.shares.submitting import SubmitRefused
from portal.shares.use_permission import wording_for

FORMS: dict[MissionKind, tuple[ShareForm, ...]] = {
    MissionKind.SHARE: (ShareForm.POST,),
    MissionKind.CREATE: (ShareForm.POST, ShareForm.FILES),
    MissionKind.ENGAGE: (ShareForm.POST, ShareForm.COMMENT),
    MissionKind.REFER: (ShareForm.NEWCOMER,),
    MissionKind.HOST: (ShareForm.REPORT,),
    MissionKind.FEEDBACK: (ShareForm.ANSWERS,),
}
"""What can be handed in for a mission of each kind (docs/domain.md), the usual one first."""
COMPOSED = "composed"
"""In a claim's draft: the caption that its composer keeps."""
TYPED = ("url", "text", "held_on", "place", "people_count", "story")
"""Fields that a draft keeps, beside answers; never what somebody allows."""
TYPED_LENGTH_MAX = 10_000


def forms_of(mission: Mission) -> tuple[ShareForm, ...]:
    """What can be handed in for `mission`."""
    forms = FORMS[MissionKind(mission.kind)]
    return forms if mission.takes_files else tuple(form for form in forms if form is not ShareForm.FILES)


def form_for(claim: Claim, known: Share | None, wanted: str) -> ShareForm:
    """The form to show: that of a share which is there, the wanted one, or the usual one."""
    if known is not None:
        return ShareForm(known.form)
    forms = forms_of(claim.mission)
    return next((form for form in forms if form == wanted), forms[0])


def can_be_filled(share: Share | None) -> bool:
    """Is there a form to fill in: for something new, or for what needs a change and is no post?"""
    return share is None or (share.form != ShareForm.POST and share.state == ShareState.NEEDS_FIX)


def wanted_form(args: Any) -> dict[str, Any]:
    """Which form was open, as an argument of its address."""
    return {"as": args["as"]} if args.get("as") in set(ShareForm) else {}


def draft_from(typed: Any, claim: Claim) -> dict[str, str]:
    """What of a request's form is kept as a draft, beside the caption that the composer keeps there."""
    kept = {COMPOSED: claim.draft[COMPOSED]} if COMPOSED in claim.draft else {}
    return kept | {
        name: value[:TYPED_LENGTH_MAX]
        for name, value in typed.items()
        if value and (name in TYPED or name.startswith("answer_"))
    }


def page_of(
    form_kind: ShareForm, claim: Claim, form: Any = None, *, refusal: SubmitRefused | None = None,
    alt_errors: dict[str, str] | None = None,
) -> str:  # fmt: skip
    """The page with the form, as it was typed or as it was kept."""
    known = queries.open_share_of_claim(claim.id)
    if form_kind is ShareForm.NEWCOMER:
        return _invite_page(claim)
    if form is None:
        form = empty_form(form_kind, claim, known)
    pictures = pictures_at_hand(claim, known) if form_kind is not ShareForm.ANSWERS else []
    return render_template(
        f"shares/{form_kind}.html", claim=claim, mission=claim.mission, form=form, form_kind=form_kind, refusal=refusal,
        forms=forms_of(claim.mission) if known is None else (), pictures=pictures, alt_errors=alt_errors or {},
        alt_problems={f"alt-{picture}": wrong for picture, wrong in (alt_errors or {}).items() if picture},
        wording=wording_for(claim.mission) if form_kind is ShareForm.FILES else "", known=known,
        is_over=known is None and claim.state != ClaimState.ACTIVE,
        fields=[form[field_name(each)] for each in claim.mission.questions] if form_kind is ShareForm.ANSWERS else [],
    )  # fmt: skip


def empty_form(form_kind: ShareForm, claim: Claim, known: Share | None) -> Any:
    """The form with what was handed in before, then with the draft."""
    data = {**(_handed_in(known, claim) if known is not None else {}), **claim.draft}
    if form_kind is ShareForm.FILES:
        return FilesForm(formdata=None)
    if form_kind is ShareForm.ANSWERS:
        return answers_form(claim.mission, formdata=None, data=data)
    form = (ReportForm if form_kind is ShareForm.REPORT else CommentForm)(formdata=None)
    for field in form:
        if field.name in data:
            _show_as_typed(field, data[field.name])
    return form


def _show_as_typed(field: Any, value: Any) -> None:
    """A draft may hold what is no date or number yet: it is shown, not judged."""
    if isinstance(value, str) and isinstance(field, DateField | WholeNumberField):
        field.raw_data = [value]
    else:
        field.data = value


def _handed_in(share: Share, claim: Claim) -> dict[str, Any]:
    report, comment = db.session.get(EventReport, share.id), db.session.get(ToldComment, share.id)
    if report is not None:
        return {name: getattr(report, name) for name in ("held_on", "place", "people_count", "story")}
    if comment is not None:
        return {"url": share.typed_url, "text": comment.text}
    positions = {each.position: field_name(each) for each in claim.mission.questions}
    return {positions[each.position]: each.answer for each in answers_of(share) if each.position in positions}


def answers_of(share: Share) -> list[GivenAnswer]:
    """In their order. Leans on `one_answer_per_question`."""
    query = select(GivenAnswer).where(GivenAnswer.share_id == share.id).order_by(GivenAnswer.position)
    return list(db.session.scalars(query))


def invite_url(claim: Claim) -> str:
    """What the fan sends to somebody; empty where the claim has none."""
    invitation = invitation_of(claim)
    return f"{current_app.config['SETTINGS'].public_url}/invite/{invitation.code}" if invitation else ""


def _invite_page(claim: Claim) -> str:
    person = db.session.get_one(Person, claim.person_id)
    return render_template(
        "shares/newcomer.html", claim=claim, mission=claim.mission, invited=invited_by(claim), person=person,
        is_over=claim.state != ClaimState.ACTIVE, invite_url=invite_url(claim),
    )  # fmt: skip
