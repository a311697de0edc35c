"""Staff's pages of guidelines: all of them, one with its versions, a new one, a version that was in force."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.guidelines import queries
from portal.guidelines.comparing import Difference, compare
from portal.guidelines.errors import (
    DraftExists,
    GuidelineRefused,
)
from portal.guidelines.forms import ChangeSettingsForm, NewGuidelineForm
from portal.guidelines.models import Guideline, GuidelineKind, GuidelineVersion, VersionState
from portal.guidelines.publishing import change_settings, create_guideline, start_version
from portal.guidelines.wording import KIND_DETAILS, KINDS
from portal.kernel import clock, rich_text
from portal.kernel.access import Permission, allow
from portal.kernel.base import new_id
from portal.kernel.flashes import done
from portal.kernel.idempotency import KeyReused, fingerprint, first_answer, remember
from portal.kernel.unit_of_work import unit_of_work

bp = Blueprint("guidelines_staff", __name__, url_prefix="/staff/guidelines")


@bp.get("")
@allow(Permission.MANAGE_GUIDELINES)
def index() -> ResponseReturnValue:
    """Every guideline: what is in force, what is being written, how many have read it."""
    return render_template(
        "guidelines/staff_index.html", rows=queries.staff_rows(), people=queries.active_people(), kinds=KINDS
    )


@bp.get("/new")
@allow(Permission.MANAGE_GUIDELINES)
def new() -> ResponseReturnValue:
    return _new_page(NewGuidelineForm(idempotency_key=new_id()))


@bp.post("/new")
@allow(Permission.MANAGE_GUIDELINES)
def create() -> ResponseReturnValue:
    """A guideline with its first draft; the same form sent twice makes one."""
    form = NewGuidelineForm()
    if not form.validate():
        return _new_page(form), 422
    key = form.idempotency_key.data or new_id()
    print_ = fingerprint(
        "create_guideline", {name: form[name].data for name in ("title", "kind", "needed_to_claim", "body")}
    )
    try:
        with unit_of_work():
            location = first_answer(current_user.id, key, print_)
            if location is None:
                draft = create_guideline(
                    title=form.title.data or "",
                    kind=GuidelineKind(form.kind.data),
                    body=form.body.data or "",
                    needed_to_claim=form.needed_to_claim.data,
                    actor=current_user,
                    now=clock.now(),
                )
                location = url_for(".edit", version_id=draft.id)
                remember(current_user.id, key, print_, location)
    except GuidelineRefused as refusal:
        form.body.errors = [str(refusal.sentence)]
        return _new_page(form), refusal.status
    except KeyReused:
        form.idempotency_key.data = new_id()
        form.form_errors.append(_("This form was sent before with another text. Send it again to make a second one."))
        return _new_page(form), 409
    done(_("The draft is saved. Nobody sees it until you publish it."))
    return redirect(location, 303)


@bp.get("/<guideline_id>")
@allow(Permission.MANAGE_GUIDELINES)
def show(guideline_id: str) -> ResponseReturnValue:
    """One guideline: its versions, who has read it, and what stands around its text."""
    guideline = _load(guideline_id)
    form = ChangeSettingsForm(
        formdata=None,
        data={"title": guideline.title, "kind": guideline.kind, "needed_to_claim": guideline.needed_to_claim},
    )
    return _guideline_page(guideline, form)


@bp.post("/<guideline_id>")
@allow(Permission.MANAGE_GUIDELINES)
def change(guideline_id: str) -> ResponseReturnValue:
    """Change title, kind, or whether a claim needs it."""
    guideline = _load(guideline_id)
    form = ChangeSettingsForm()
    if not form.validate():
        return _guideline_page(guideline, form), 422
    with unit_of_work():
        change_settings(
            guideline,
            title=form.title.data or "",
            kind=GuidelineKind(form.kind.data),
            needed_to_claim=form.needed_to_claim.data,
            actor=current_user,
            why=form.why.data or "",
        )
    done(_("The guideline is changed."))
    return redirect(url_for(".show", guideline_id=guideline_id), 303)


@bp.post("/<guideline_id>/draft")
@allow(Permission.MANAGE_GUIDELINES)
def start_draft(guideline_id: str) -> ResponseReturnValue:
    """Begin the next version, or open the draft that somebody else began."""
    guideline = _load(guideline_id)
    try:
        with unit_of_work():
            draft_id = start_version(guideline, actor=current_user, now=clock.now()).id
    except DraftExists:
        draft = queries.draft_of(guideline_id)
        if draft is None:
            abort(409)
        draft_id = draft.id
    return redirect(url_for(".edit", version_id=draft_id), 303)


@bp.get("/versions/<version_id>")
@allow(Permission.MANAGE_GUIDELINES)
def show_version(version_id: str) -> ResponseReturnValue:
    """A version that is or was in force, and what it changed."""
    version = load_version(version_id)
    if version.published_at is None:
        return redirect(url_for(".edit", version_id=version_id))
    return render_template(
        "guidelines/staff_version.html",
        version=version,
        text=rich_text.render(version.body),
        before=version_before(version),
        difference=difference_from_before(version, version.body),
    )


def _load(guideline_id: str) -> Guideline:
    guideline = queries.guideline_by_id(guideline_id)
    if guideline is None:
        abort(404)
    return guideline


def _new_page(form: NewGuidelineForm) -> str:
    return render_template("guidelines/staff_new.html", form=form, kind_details=KIND_DETAILS)


def _guideline_page(guideline: Guideline, form: ChangeSettingsForm) -> str:
    versions = sorted(guideline.versions, key=lambda version: -version.number)
    in_force = [version for version in versions if version.state == VersionState.PUBLISHED]
    return render_template(
        "guidelines/staff_guideline.html",
        guideline=guideline,
        form=form,
        kind_details=KIND_DETAILS,
        versions=versions,
        in_force=in_force[0] if in_force else None,
        draft=queries.draft_of(guideline.id),
        readers=queries.readers_of(guideline.id),
        people=queries.active_people(),
    )


def load_version(version_id: str) -> GuidelineVersion:
    version = queries.version_by_id(version_id)
    if version is None:
        abort(404)
    return version


def version_before(version: GuidelineVersion) -> GuidelineVersion | None:
    earlier = [known for known in version.guideline.versions if known.number == version.number - 1]
    return earlier[0] if earlier else None


def difference_from_before(version: GuidelineVersion, body: str) -> Difference | None:
    before = version_before(version)
    try:
        return compare(before.body, body) if before else None
    except rich_text.RichTextRefused:
        return None  # the field says what is wrong with the text
