"""A screenshot as large as a moderator wants it, with what is known beside it; no script is needed to enlarge it."""

from __future__ import annotations

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.missions.wording import network_name
from portal.moderation import case_queries
from portal.moderation.case_file import open_file
from portal.moderation.forms import filter_from
from portal.moderation.staff import bp

ZOOMS_PERCENT = (0, 100, 200)
"""0 fits the page."""


@bp.get("/<case_id>/screenshots/<picture_id>")
@allow(Permission.REVIEW_SHARES)
def look_closely(case_id: str, picture_id: str) -> ResponseReturnValue:
    case, wanted = case_queries.case_by_id(case_id) or abort(404), filter_from(request.args)
    if case.share is None:
        abort(404)
    file = open_file(case, current_user, now=clock.now())
    pictures = file.beside.pictures
    at = next((place for place, each in enumerate(pictures) if each.id == picture_id), None)
    if at is None:
        abort(404)
    zoom = request.args.get("zoom", 0, type=int)
    zoom = zoom if zoom in ZOOMS_PERCENT else 0
    labels = (_("Whole"), _("Actual size"), _("Twice the size"))
    zooms = [
        {
            "url": url_for(".look_closely", case_id=case_id, picture_id=picture_id, zoom=each or None, **wanted.args),
            "label": label, "current": each == zoom,
        }
        for each, label in zip(ZOOMS_PERCENT, labels, strict=True)
    ]  # fmt: skip
    return render_template(
        "moderation/closely.html", case=case, file=file, picture=pictures[at], number=at + 1, total=len(pictures),
        previous=pictures[at - 1].id if at else None, zooms=zooms, zoom=zoom, wanted=wanted, network=network_name,
        following=pictures[at + 1].id if at + 1 < len(pictures) else None,
    )  # fmt: skip
