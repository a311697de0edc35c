"""Showing a post to the person who looks at it: adding a screenshot on the page of a share, and taking it out again."""

from __future__ import annotations

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.images import ImageRefused
from portal.kernel.unit_of_work import end_reading, unit_of_work
from portal.shares import pictures, queries, screenshots
from portal.shares.forms import ScreenshotForm
from portal.shares.kind_views import UPLOADS
from portal.shares.models import Share
from portal.shares.views import bp, share_page


@bp.post("/shares/<share_id>/screenshots")
@allow(Permission.TAKE_PART)
@limiter.limit(UPLOADS)
def add_screenshot(share_id: str) -> ResponseReturnValue:
    """Take in a picture, a sentence, or both; each is kept by itself."""
    share, form, upload = _share(share_id), ScreenshotForm(), request.files.get("file")
    if not form.validate():
        return share_page(share, screenshot_form=form), 422
    chosen = upload if upload is not None and upload.filename else None
    before = screenshots.words_of(share)
    words = (form.words.data or "").strip() if "words" in request.form else before
    if chosen is None and words == before:
        form.file.errors = [_("Choose a screenshot, or write a sentence.")]
        return share_page(share, screenshot_form=form), 422
    try:
        with unit_of_work():
            screenshots.keep_words(queries.hold(_share(share_id)), words, now=clock.now())
        if chosen is not None:
            _keep(share_id, chosen, form.alt.data or "")
    except screenshots.NobodyAsks as refused:
        return share_page(_share(share_id), problem=str(refused.sentence)), refused.status
    except screenshots.ScreenshotRefused as refused:
        form.file.errors = [refused.sentence]
        return share_page(_share(share_id), screenshot_form=form), refused.status
    except ImageRefused as refused:
        form.file.errors = [refused.sentence]
        return share_page(_share(share_id), screenshot_form=form), 422
    done(_("The screenshot is with us.") if chosen else _("Your words are with us."))
    return redirect(url_for(".show", share_id=share_id, _anchor="pictures"), 303)


@bp.post("/shares/<share_id>/screenshots/<picture_id>/remove")
@allow(Permission.TAKE_PART)
def remove_screenshot(share_id: str, picture_id: str) -> ResponseReturnValue:
    """Take one out again, while nobody has decided on it. What was typed beside it is kept."""
    share = _share(share_id)
    picture = pictures.picture_of(current_user.id, picture_id)
    if picture is None or picture.share_id != share.id:
        abort(404)
    form = ScreenshotForm()
    try:
        with unit_of_work():
            share = queries.hold(_share(share_id))
            screenshots.take_screenshot_out(share, picture)
            if form.validate() and "words" in request.form and screenshots.is_offered(share):
                screenshots.keep_words(share, form.words.data or "", now=clock.now())
    except screenshots.ScreenshotRefused as refused:
        return share_page(_share(share_id), problem=str(refused.sentence)), refused.status
    done(_("The screenshot is out."))
    return redirect(url_for(".show", share_id=share_id, _anchor="pictures"), 303)


def _keep(share_id: str, upload: FileStorage, alt: str) -> None:
    """Raises ImageRefused and ScreenshotRefused; then, and where it was there already, no file is left behind."""
    end_reading()  # nothing is open while pixels are decoded and files are stored
    remade = pictures.remake_and_store(upload.read())
    kept = False
    try:
        with unit_of_work():
            share = queries.hold(_share(share_id))
            picture = screenshots.keep_screenshot(share, remade, person=current_user, alt=alt.strip(), now=clock.now())
            kept = picture.file == remade.file
    finally:
        if not kept:
            pictures.throw_away(remade)


def _share(share_id: str) -> Share:
    return queries.share_of(current_user.id, share_id) or abort(404)
