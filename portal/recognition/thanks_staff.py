"""Staff thank in the team's name, and look after what people write to each other."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.utils import redirect

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.recognition import thanking, thanks_queries
from portal.recognition.thanking import ThanksRefused
from portal.recognition.thanks_forms import PUBLIC, ReasonForm, ThankForm
from portal.recognition.thanks_models import Thanks
from portal.recognition.thanks_views import put_where_it_belongs, refusal
from portal.recognition.wording import thanks_refused

bp = Blueprint("thanks_staff", __name__, url_prefix="/staff/thanks")


@bp.get("")
@allow(Permission.REVIEW_SHARES)
def index() -> ResponseReturnValue:
    """What was reported first, then everything public."""
    return _index()


@bp.get("/people/<person_id>")
@allow(Permission.REVIEW_SHARES)
def person(person_id: str) -> ResponseReturnValue:
    """Write to somebody in the team's name; opened too early, it says when one can again."""
    somebody = _person_or_404(person_id)
    early = thanking.why_wait(current_user.id, somebody.id, as_staff=True, now=clock.now())
    return _write_page(somebody, ThankForm(formdata=None), wait=thanks_refused(early) if early else "")


@bp.post("/people/<person_id>")
@allow(Permission.REVIEW_SHARES)
def send(person_id: str) -> ResponseReturnValue:
    """Thank somebody in the team's name; the very same words sent again are the first ones."""
    somebody, form = _person_or_404(person_id), ThankForm()
    form.offer(public=True)
    if not form.validate():
        return _write_page(somebody, form), 422
    try:
        with unit_of_work():
            thanking.thank(
                current_user, person_id, form.text.data, is_public=form.reading.data == PUBLIC, as_staff=True,
                now=clock.now(),
            )  # fmt: skip
    except ThanksRefused as refused:
        return refusal(_write_page(somebody, form, problem=put_where_it_belongs(form, refused)), refused)
    done(_("They read it in their inbox. Thank you for saying it."))
    return redirect(url_for(".index"), 303)


@bp.post("/<thanks_id>/remove")
@allow(Permission.REVIEW_SHARES)
def remove(thanks_id: str) -> ResponseReturnValue:
    """Take it down, with a reason that both read."""
    thanks, form = _thanks_or_404(thanks_id), ReasonForm()
    if not form.validate():
        return _index(opened=thanks_id, form=form), 422
    with unit_of_work():
        thanking.remove(thanks, reason=form.reason.data, actor=current_user, now=clock.now())
    done(_("It is taken down, and both read why."))
    return redirect(url_for(".index"), 303)


@bp.post("/<thanks_id>/put-back")
@allow(Permission.REVIEW_SHARES)
def put_back(thanks_id: str) -> ResponseReturnValue:
    """Undo a removal, with a reason."""
    thanks, form = _thanks_or_404(thanks_id), ReasonForm()
    if not form.validate():
        return _index(opened=thanks_id, form=form), 422
    with unit_of_work():
        thanking.put_back(thanks, reason=form.reason.data, actor=current_user)
    done(_("It is there again."))
    return redirect(url_for(".index"), 303)


@bp.post("/<thanks_id>/keep")
@allow(Permission.REVIEW_SHARES)
def keep(thanks_id: str) -> ResponseReturnValue:
    """Leave what was reported as it is, with a reason that its receiver reads."""
    thanks, form = _thanks_or_404(thanks_id), ReasonForm()
    if not form.validate():
        return _index(opened=thanks_id, form=form), 422
    with unit_of_work():
        thanking.keep(thanks, reason=form.reason.data, actor=current_user, now=clock.now())
    done(_("It stays, and who reported it reads why."))
    return redirect(url_for(".index"), 303)


def _index(*, opened: str = "", form: ReasonForm | None = None) -> str:
    page = thanks_queries.for_staff(request.args.get("after"))
    waiting = thanks_queries.waiting() if page.is_first else []
    lines = thanks_queries.shown([*waiting, *page.rows], real_names=True)
    ids = {each.id for each in (*waiting, *page.rows)}
    forms = {each: form if form is not None and each == opened else ReasonForm(formdata=None) for each in ids}
    for each, its_form in forms.items():
        its_form.reason.id = f"reason-{each}"  # one form for each thanks of the page
    waiting_ids = {each.id for each in waiting}
    return render_template(
        "recognition/staff_thanks.html", page=page, waiting=lines[: len(waiting)], forms=forms, opened=opened,
        lines=[line for line in lines[len(waiting) :] if line.thanks.id not in waiting_ids],
    )  # fmt: skip


def _write_page(somebody: Person, form: ThankForm, *, problem: str = "", wait: str = "") -> str:
    public = thanking.is_seen(somebody.id)
    form.offer(public=public)
    return render_template(
        "recognition/staff_thank.html", form=form, person=somebody, public=public, problem=problem, wait=wait
    )


def _person_or_404(person_id: str) -> Person:
    return db.session.get(Person, person_id) or abort(404)


def _thanks_or_404(thanks_id: str) -> Thanks:
    return thanks_queries.one_for_staff(thanks_id) or abort(404)
