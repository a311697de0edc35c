"""Staff's pages of a draft: write it, see what publishing would do, publish it."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.utils import redirect

from portal.guidelines import queries
from portal.guidelines.comparing import compare
from portal.guidelines.errors import (
    ChangeUnexplained,
    ConfirmedAnotherText,
    DraftMoved,
    GuidelineRefused,
    TextRefused,
)
from portal.guidelines.forms import DraftForm
from portal.guidelines.models import GuidelineVersion
from portal.guidelines.publishing import publish, save_draft
from portal.guidelines.staff import bp, difference_from_before, load_version, version_before
from portal.guidelines.wording import IMPORTANCE_DETAILS
from portal.kernel import clock, rich_text
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import unit_of_work


@bp.get("/drafts/<version_id>")
@allow(Permission.MANAGE_GUIDELINES)
def edit(version_id: str) -> ResponseReturnValue:
    """The draft's text, and what publishing it would do."""
    version = load_version(version_id)
    if version.published_at is not None:
        return redirect(url_for(".show_version", version_id=version_id))
    return _draft_page(version, _draft_form(version))


@bp.post("/drafts/<version_id>")
@allow(Permission.MANAGE_GUIDELINES)
def save(version_id: str) -> ResponseReturnValue:
    """Save the draft, go on to publishing it, or only show what it would look like."""
    version, form, then = load_version(version_id), DraftForm(), request.form.get("then")
    if not _is_complete(form, version, then):
        return _draft_page(version, form), 422
    if then == "preview":
        return _preview(version, form)
    try:
        with unit_of_work():
            save_draft(
                version,
                body=form.body.data or "",
                what_changed=form.what_changed.data or "",
                major=form.importance.data == "major",
                forbidden_claims=form.claims,
                seen_version=version_in(form.seen_version.data),
                actor=current_user,
                now=clock.now(),
            )
    except TextRefused as refusal:
        form.body.errors = [str(refusal.sentence)]
        return _draft_page(version, form), refusal.status
    except GuidelineRefused as refusal:
        return _draft_page(load_version(version_id), form, problem=refusal), refusal.status
    if then == "publish":
        return redirect(url_for(".confirm", version_id=version_id), 303)
    done(_("The draft is saved. Nobody sees it until you publish it."))
    return redirect(url_for(".edit", version_id=version_id), 303)


def _is_complete(form: DraftForm, version: GuidelineVersion, then: str | None) -> bool:
    """A version that is published says what it changed; a draft may leave it open."""
    valid = form.validate()
    if then == "publish" and version.number > 1 and not form.what_changed.data:
        form.what_changed.errors = [str(ChangeUnexplained.sentence)]
        return False
    return valid


def _preview(version: GuidelineVersion, form: DraftForm) -> ResponseReturnValue:
    try:
        return _draft_page(version, form, preview=rich_text.render(form.body.data or ""))
    except rich_text.RichTextRefused as refusal:
        form.body.errors = [str(refusal.sentence)]
        return _draft_page(version, form), 422


@bp.get("/drafts/<version_id>/publish")
@allow(Permission.MANAGE_GUIDELINES)
def confirm(version_id: str) -> ResponseReturnValue:
    """What publishing does, before it is done."""
    version = load_version(version_id)
    if version.published_at is not None:
        return redirect(url_for(".show_version", version_id=version_id))
    return _confirm_page(version)


@bp.post("/drafts/<version_id>/publish")
@allow(Permission.MANAGE_GUIDELINES)
def publish_draft(version_id: str) -> ResponseReturnValue:
    """Put the draft in force, as it was shown when it was confirmed."""
    version = load_version(version_id)
    try:
        with unit_of_work():
            publish(version, seen_version=request.form.get("seen_version", 0, int), actor=current_user, now=clock.now())
    except ConfirmedAnotherText as refusal:
        return _confirm_page(load_version(version_id), problem=refusal), refusal.status
    except GuidelineRefused as refusal:
        version = load_version(version_id)
        return _draft_page(version, _draft_form(version), problem=refusal), refusal.status
    done(_("Version %(number)s is in force.", number=version.number))
    return redirect(url_for(".show", guideline_id=version.guideline_id), 303)


def _draft_form(version: GuidelineVersion) -> DraftForm:
    return DraftForm(
        formdata=None,
        data={
            "seen_version": str(version.lock_version),
            "body": version.body,
            "what_changed": version.what_changed,
            "importance": "major" if version.major else "minor",
            "forbidden_claims": "\n".join(version.forbidden_claims),
        },
    )


def _draft_page(
    version: GuidelineVersion,
    form: DraftForm,
    *,
    problem: GuidelineRefused | None = None,
    preview: Markup | None = None,
) -> str:
    stale: dict[str, Any] = {}
    if isinstance(problem, DraftMoved):
        # What was typed stays in the form; the next save compares with the draft as it is now.
        form.seen_version.data = str(version.lock_version)
        stale = {"theirs": version, "theirs_difference": compare(form.body.data or "", version.body)}
    return render_template(
        "guidelines/staff_draft.html",
        version=version,
        before=version_before(version),
        form=form,
        problem=problem,
        preview=preview,
        difference=difference_from_before(version, form.body.data or ""),
        asked=queries.asked_to_read(version, major=form.importance.data != "minor"),
        importance_details=IMPORTANCE_DETAILS,
        **stale,
    )


def _confirm_page(version: GuidelineVersion, *, problem: GuidelineRefused | None = None) -> str:
    return render_template(
        "guidelines/staff_publish.html",
        version=version,
        before=version_before(version),
        problem=problem,
        text=rich_text.render(version.body),
        difference=difference_from_before(version, version.body),
        asked=queries.asked_to_read(version, major=version.major),
    )
