"""What staff see of things handed in: pictures for those who decide; for those who plan, answers without names and the
works that may be used."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.missions.queries import mission_for_staff
from portal.shares import answers_read
from portal.shares.gallery import gallery as read_gallery
from portal.shares.gallery import usable_picture
from portal.shares.handed_in_models import HandedPicture
from portal.shares.kind_views import picture_response

bp = Blueprint("handed_in_staff", __name__, url_prefix="/staff")


@bp.get("/pictures/<picture_id>")
@allow(Permission.REVIEW_SHARES)
def show_picture(picture_id: str) -> ResponseReturnValue:
    """A picture that was handed in, small, whole, or to keep. One that waits with its claim is its owner's alone."""
    picture = db.session.get(HandedPicture, picture_id)
    if picture is None or picture.share_id is None:
        abort(404)
    name = f"{picture.id}.webp" if request.args.get("download") else None
    return picture_response(picture.thumbnail if request.args.get("size") == "small" else picture.file, name)


@bp.get("/gallery")
@allow(Permission.MANAGE_MISSIONS)
def gallery() -> ResponseReturnValue:
    """What people made for us and let us use, for whoever plans what is shown."""
    return render_template("shares/gallery.html", gallery=read_gallery(request.args.get("after"), now=clock.now()))


@bp.get("/gallery/<picture_id>")
@allow(Permission.MANAGE_MISSIONS)
def gallery_picture(picture_id: str) -> ResponseReturnValue:
    """A work as long as it may be used: small, whole, or to keep. Nothing of it stays in a cache."""
    picture = usable_picture(picture_id, now=clock.now()) or abort(404)
    name = f"{picture.id}.webp" if request.args.get("download") else None
    return picture_response(picture.thumbnail if request.args.get("size") == "small" else picture.file, name)


@bp.get("/missions/<mission_id>/answers")
@allow(Permission.MANAGE_MISSIONS)
def answers(mission_id: str) -> ResponseReturnValue:
    """What was answered to a mission's questions: counted, and texts in no order that would tell whose they are."""
    mission = mission_for_staff(mission_id) or abort(404)
    if not mission.questions:
        abort(404)
    return render_template("shares/answers_read.html", mission=mission, read=answers_read.read_answers(mission))
