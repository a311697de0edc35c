"""Handing in what is no post: pictures, reports, comments, answers; and taking back what was allowed with them."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.files import headers_for
from portal.kernel.flashes import done
from portal.kernel.images import ImageRefused
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.missions.claim_models import Claim
from portal.missions.queries import claim_of
from portal.shares import handing_in, kind_pages, pictures, queries, submitting, use_permission, wording
from portal.shares.guide import networks
from portal.shares.handed_in_models import PictureUse
from portal.shares.handing_in import CommentPlace, Report
from portal.shares.kind_forms import CommentForm, FilesForm, ReportForm, alts_in, answers_form, missing_alts
from portal.shares.models import Share, ShareForm
from portal.shares.platforms.registry import NotAPost
from portal.shares.views import bp

UPLOADS = "60 per hour"
"""How often one person may send a picture: each is decoded and encoded anew."""
USES = {
    ShareForm.FILES: PictureUse.WORK,
    ShareForm.REPORT: PictureUse.REPORT,
    ShareForm.COMMENT: PictureUse.EVIDENCE,
}


@bp.post("/claims/<claim_id>/pictures")
@allow(Permission.TAKE_PART)
@limiter.limit(UPLOADS)
def add_picture(claim_id: str) -> ResponseReturnValue:
    """Take one picture in and show the form again, with everything else that was typed in it."""
    claim = _claim(claim_id)
    form_kind = _form_with_pictures(claim)
    problem = _keep_typed_and_picture(claim, form_kind)
    if problem:
        form = kind_pages.empty_form(form_kind, _claim(claim_id), queries.open_share_of_claim(claim_id))
        form.file.errors = [problem]
        return kind_pages.page_of(form_kind, _claim(claim_id), form), 422
    return redirect(_form_address(claim_id, form_kind), 303)


@bp.post("/pictures/<picture_id>/remove")
@allow(Permission.TAKE_PART)
def remove_picture(picture_id: str) -> ResponseReturnValue:
    """Take a picture out again, unless somebody decides over it just now. What was typed beside it is kept."""
    picture = pictures.picture_of(current_user.id, picture_id) or abort(404)
    if picture.share is not None and picture.share.form == ShareForm.POST:
        abort(404)  # a screenshot: its share's page takes it out
    claim_id = picture.claim_id
    claim = _claim(claim_id)
    form_kind = kind_pages.form_for(claim, queries.open_share_of_claim(claim_id), request.args.get("as", ""))
    with unit_of_work():
        _keep_typed(claim)
        allowed = pictures.may_take_out(picture)
        if allowed:
            pictures.take_out(picture)
    done(_("The picture is out.") if allowed else _("A person looks at this picture now, so it stays for the moment."))
    return redirect(_form_address(claim_id, form_kind), 303)


@bp.get("/pictures/<picture_id>")
@allow(Permission.TAKE_PART)
def show_picture(picture_id: str) -> ResponseReturnValue:
    """One's own picture, small or whole."""
    picture = pictures.picture_of(current_user.id, picture_id) or abort(404)
    return picture_response(picture.thumbnail if request.args.get("size") == "small" else picture.file)


@bp.post("/claims/<claim_id>/files")
@allow(Permission.TAKE_PART)
def hand_in_files(claim_id: str) -> ResponseReturnValue:
    claim = _claim(claim_id, ShareForm.FILES)
    form = FilesForm()
    wrong = _take_in(claim, ShareForm.FILES, form)
    if not form.validate() or wrong:
        return _again(claim_id, ShareForm.FILES, form, wrong)
    allowed = use_permission.wording_for(claim.mission)
    return _handed_in(
        claim_id, ShareForm.FILES, form,
        lambda claim: handing_in.hand_in_files(
            claim, person=current_user, wording=allowed, months=claim.mission.use_months, now=clock.now()
        ),
    )  # fmt: skip


@bp.post("/claims/<claim_id>/report")
@allow(Permission.TAKE_PART)
def hand_in_report(claim_id: str) -> ResponseReturnValue:
    claim = _claim(claim_id, ShareForm.REPORT)
    form = ReportForm()
    wrong = _take_in(claim, ShareForm.REPORT, form)
    form.with_pictures = bool(_pictures_of(claim_id))
    if not form.validate() or wrong:
        return _again(claim_id, ShareForm.REPORT, form, wrong)
    report = Report(
        form.held_on.data, form.place.data.strip(), form.people_count.data, form.story.data.strip(),
        bool(form.shown_agreed.data),
    )  # fmt: skip
    return _handed_in(
        claim_id, ShareForm.REPORT, form,
        lambda claim: handing_in.hand_in_report(claim, report, person=current_user, now=clock.now()),
    )  # fmt: skip


@bp.post("/claims/<claim_id>/comment")
@allow(Permission.TAKE_PART)
def hand_in_comment(claim_id: str) -> ResponseReturnValue:
    """A comment whose network has no addresses for comments: where it is and what it says."""
    claim = _claim(claim_id, ShareForm.COMMENT)
    form = CommentForm()
    wrong = _take_in(claim, ShareForm.COMMENT, form)
    valid, place = form.validate(), None
    try:
        place = _place_of(_claim(claim_id), form.url.data or "")
    except NotAPost as problem:
        form.url.errors = [wording.not_a_post_sentence(problem)]
    if not valid or place is None or wrong:
        return _again(claim_id, ShareForm.COMMENT, form, wrong)
    return _handed_in(
        claim_id, ShareForm.COMMENT, form,
        lambda claim: handing_in.hand_in_comment(
            claim, place, form.text.data.strip(), person=current_user, now=clock.now()
        ),
    )  # fmt: skip


@bp.post("/claims/<claim_id>/answers")
@allow(Permission.TAKE_PART)
def hand_in_answers(claim_id: str) -> ResponseReturnValue:
    claim = _claim(claim_id, ShareForm.ANSWERS)
    form = answers_form(claim.mission)
    if not form.validate():
        return kind_pages.page_of(ShareForm.ANSWERS, claim, form), 422
    answers = form.answers(claim.mission.questions)
    return _handed_in(
        claim_id, ShareForm.ANSWERS, form,
        lambda claim: handing_in.hand_in_answers(claim, answers, person=current_user, now=clock.now()),
    )  # fmt: skip


@bp.post("/shares/<share_id>/permission/withdraw")
@allow(Permission.TAKE_PART)
def withdraw_permission(share_id: str) -> ResponseReturnValue:
    """As easily taken back as given; asked twice, it is taken back once."""
    share = queries.share_of(current_user.id, share_id) or abort(404)
    permission = use_permission.permission_of(share.id) or abort(404)
    with unit_of_work():
        use_permission.take_permission_back(permission, now=clock.now())
    done(_("You took your permission back. Staff see that, and stop using the pictures."))
    return redirect(url_for(".show", share_id=share_id), 303)


def picture_response(key: str, download_name: str | None = None) -> Response:
    """A picture of somebody's own: no shared cache keeps it. Raises FileMissing."""
    body = current_app.extensions["portal_files"].get(key)
    headers = headers_for(key, download_name=download_name) | {"Cache-Control": "private, no-store"}
    return Response(body, headers=headers)


def _claim(claim_id: str, form_kind: ShareForm | None = None) -> Claim:
    """One's own claim; 404 as well where its mission doesn't take such a thing."""
    claim = claim_of(current_user.id, claim_id) or abort(404)
    if form_kind is not None and form_kind not in kind_pages.forms_of(claim.mission):
        abort(404)
    return claim


def _form_with_pictures(claim: Claim) -> ShareForm:
    known = queries.open_share_of_claim(claim.id)
    form_kind = kind_pages.form_for(claim, known, request.args.get("as", ""))
    if form_kind not in USES or not kind_pages.can_be_filled(known):
        abort(404)
    return form_kind


def _form_address(claim_id: str, form_kind: ShareForm) -> str:
    wanted: dict[str, Any] = {"as": form_kind.value}
    return url_for(".submit", claim_id=claim_id, _anchor="pictures", **wanted)


def _pictures_of(claim_id: str) -> list[Any]:
    return handing_in.pictures_at_hand(_claim(claim_id), queries.open_share_of_claim(claim_id))


def _keep_typed(claim: Claim) -> None:
    claim.draft = kind_pages.draft_from(request.form, claim)
    at_hand = handing_in.pictures_at_hand(claim, queries.open_share_of_claim(claim.id))
    pictures.describe([each for each in at_hand if pictures.may_take_out(each)], alts_in(request.form))


def _keep_typed_and_picture(claim: Claim, form_kind: ShareForm) -> str:
    """Both are kept, each by itself; gives what is wrong with the picture, in words."""
    claim_id = claim.id
    upload = request.files.get("file")
    with unit_of_work():
        _keep_typed(claim)
    if not upload or not upload.filename:
        return ""
    end_reading()  # nothing is open while pixels are decoded and files are stored
    try:
        remade = pictures.remake_and_store(upload.read())
    except ImageRefused as refused:
        return str(refused.sentence)
    kept = False
    try:
        with unit_of_work():
            picture = pictures.keep_picture(
                _claim(claim_id), remade, person=current_user, use=USES[form_kind], alt="", now=clock.now()
            )
            kept = picture.file == remade.file
    except pictures.TooManyPictures as too_many:
        return str(too_many.sentence)
    finally:
        if not kept:
            pictures.throw_away(remade)
    return ""


def _take_in(claim: Claim, form_kind: ShareForm, form: Any) -> dict[str, str]:
    """Before anything is judged: what was typed is kept, and a picture that was still in its field is taken in.

    Gives what is wrong with pictures and their descriptions, by picture; "" stands for the field itself.
    """
    claim_id = claim.id
    if not kind_pages.can_be_filled(queries.open_share_of_claim(claim_id)):
        return {}  # handed in a moment ago: the verb answers with that share
    problem = _keep_typed_and_picture(claim, form_kind)
    wrong = missing_alts(_pictures_of(claim_id)) if form_kind is not ShareForm.COMMENT else {}
    return wrong | ({"": problem} if problem else {})


def _again(claim_id: str, form_kind: ShareForm, form: Any, wrong: dict[str, str]) -> ResponseReturnValue:
    if "" in wrong:
        form.file.errors = [wrong[""]]
    return kind_pages.page_of(form_kind, _claim(claim_id), form, alt_errors=wrong), 422


def _handed_in(claim_id: str, form_kind: ShareForm, form: Any, verb: Any) -> ResponseReturnValue:
    try:
        with unit_of_work():
            share: Share = verb(_claim(claim_id))
            share_id, verified = share.id, share.form == ShareForm.ANSWERS
    except submitting.SubmitRefused as refusal:
        return kind_pages.page_of(form_kind, _claim(claim_id), form, refusal=refusal), refusal.status
    done(_("Thank you for your answers.") if verified else _("It is with us. A person looks at it."))
    return redirect(url_for(".show", share_id=share_id), 303)


def _place_of(claim: Claim, typed: str) -> CommentPlace:
    """Raises NotAPost."""
    found = networks().identify(typed)
    submitting.refuse_other_networks(found.platform, claim)
    return CommentPlace(found.platform, found.canonical, typed)
