"""Pages for fans: the guidelines, what changed since they read them, and the acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.guidelines import queries
from portal.guidelines.acknowledging import acknowledge
from portal.guidelines.comparing import Difference, compare
from portal.guidelines.errors import GuidelineRefused
from portal.guidelines.models import GuidelineVersion
from portal.guidelines.wording import KINDS
from portal.kernel import clock, rich_text
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.typed import version_in
from portal.kernel.unit_of_work import unit_of_work
from portal.kernel.web import safe_next

bp = Blueprint("guidelines", __name__, url_prefix="/guidelines")

WORDS_A_MINUTE = 200


@dataclass(frozen=True)
class Reading:
    """A version in force and what the reader has of it already."""

    version: GuidelineVersion
    versions: list[GuidelineVersion]
    holds: bool
    read_number: int | None
    read_at: datetime | None
    difference: Difference | None
    """What changed since the newest version they acknowledged; None when that is this one, or none."""

    @property
    def is_newest_read(self) -> bool:
        return self.read_number == self.version.number

    @property
    def explanations(self) -> list[GuidelineVersion]:
        """The versions since the one they read, the newest first, each of which says what it changed."""
        return [version for version in self.versions if version.number > (self.read_number or 0)]


@bp.get("")
@allow(Permission.TAKE_PART)
def index() -> ResponseReturnValue:
    """Every guideline in force, what has to be read first."""
    return render_template("guidelines/index.html", listed=queries.listed_for(current_user.id), kinds=KINDS)


@bp.get("/<slug>")
@allow(Permission.TAKE_PART)
def show(slug: str) -> ResponseReturnValue:
    """The version in force; for who read an earlier one, what changed comes first."""
    return _page(_load(slug))


@bp.get("/<slug>/versions/<int(max=999999999):number>")
@allow(Permission.TAKE_PART)
def show_version(slug: str, number: int) -> ResponseReturnValue:
    """A version that is or was in force, as people read it."""
    version = queries.public_version(slug, number)
    if version is None:
        abort(404)
    return render_template("guidelines/version.html", version=version, text=rich_text.render(version.body))


@bp.post("/<slug>/acknowledgement")
@allow(Permission.TAKE_PART)
def acknowledge_version(slug: str) -> ResponseReturnValue:
    """Keep that the reader read the version on their page; then back to where they came from."""
    version = queries.public_version(slug, version_in(request.form.get("number")))
    if version is None:
        abort(404)
    try:
        with unit_of_work():
            acknowledge(current_user.id, version, clock.now())
    except GuidelineRefused as refusal:
        return _page(_load(slug), problem=refusal), refusal.status
    done(_("Thank you. You acknowledged version %(number)s.", number=version.number))
    return redirect(safe_next(request.form.get("next"), url_for(".show", slug=slug)), 303)


def _load(slug: str) -> GuidelineVersion:
    version = queries.current_version(slug)
    if version is None:
        abort(404)
    return version


def _page(version: GuidelineVersion, *, problem: GuidelineRefused | None = None) -> str:
    reading = _reading(version)
    return render_template(
        "guidelines/show.html",
        reading=reading,
        version=version,
        problem=problem,
        view="changes" if reading.difference and request.args.get("view") != "text" else "text",
        text=rich_text.render(version.body),
        minutes=max(1, round(len(version.body.split()) / WORDS_A_MINUTE)),
        next_url=safe_next(request.values.get("next"), ""),
    )


def _reading(version: GuidelineVersion) -> Reading:
    last = queries.last_acknowledged(current_user.id, version.guideline_id)
    said, read = last if last else (None, None)
    is_older = read is not None and read.number < version.number
    return Reading(
        version=version,
        versions=queries.public_versions(version.guideline_id),
        holds=queries.has_acknowledged(current_user.id, version),
        read_number=read.number if read else None,
        read_at=said.acknowledged_at if said else None,
        difference=compare(read.body, version.body) if read and is_older else None,
    )
