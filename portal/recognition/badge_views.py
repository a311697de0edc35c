"""Badges: one's own with their rules, a public page by choice, and what staff give by hand."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.utils import redirect
from wtforms import SelectChoice, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from portal.accounts.models import Person
from portal.extensions import db
from portal.kernel import clock
from portal.kernel.access import Permission, allow, public
from portal.kernel.flashes import done
from portal.kernel.form import FlaskForm
from portal.kernel.unit_of_work import unit_of_work
from portal.recognition import badging
from portal.recognition.badge_models import HeldBadge
from portal.recognition.badge_picture import picture_of
from portal.recognition.badges import all_badges
from portal.recognition.names import short_name

bp = Blueprint("badges", __name__)
staff_bp = Blueprint("badges_staff", __name__, url_prefix="/staff/badges")
PICTURE_SECONDS = 3600


class GiveForm(FlaskForm):
    """A badge by hand."""

    badge = SelectField(_l("Badge"))
    reason = TextAreaField(
        _l("What for"),
        filters=[lambda typed: (typed or "").strip()],
        validators=[DataRequired(_l("Say what it is for: the person reads it.")), Length(max=300)],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.badge.choices = [SelectChoice(each.code, each.name) for each in all_badges().values() if not each.cause]


class TakeForm(FlaskForm):
    """The end of a badge that was given by hand."""

    reason = TextAreaField(
        _l("Why"),
        filters=[lambda typed: (typed or "").strip()],
        validators=[DataRequired(_l("Say in a few words why. It is kept with the change.")), Length(max=300)],
    )


@bp.get("/badges")
@allow(Permission.TAKE_PART)
def mine() -> ResponseReturnValue:
    """Those I have, and what each is for."""
    held = {each.badge: each for each in badging.badges_of(current_user.id)}
    return render_template("recognition/badges.html", badges=list(all_badges().values()), held=held)


@bp.post("/badges/<held_id>/show")
@allow(Permission.TAKE_PART)
def show_to_all(held_id: str) -> ResponseReturnValue:
    """Make a public page for one of my badges."""
    held = _mine_or_404(held_id)
    with unit_of_work():
        badging.show_to_all(held)
    done(_("Whoever has the address can see it now. You can take it back any time."))
    return redirect(url_for(".mine"), 303)


@bp.post("/badges/<held_id>/hide")
@allow(Permission.TAKE_PART)
def show_no_more(held_id: str) -> ResponseReturnValue:
    """Take the public page back."""
    held = _mine_or_404(held_id)
    with unit_of_work():
        badging.show_no_more(held)
    done(_("The page is gone. Its address leads nowhere any more."))
    return redirect(url_for(".mine"), 303)


@bp.get("/b/<token>")
@public
def shown(token: str) -> ResponseReturnValue:
    """A badge as its bearer shows it to the world."""
    held = _shown_or_404(token)
    base = current_app.config["SETTINGS"].public_url
    return render_template(
        "recognition/badge_public.html", held=held, badge=all_badges()[held.badge],
        name=short_name(held.person.display_name), address=base + url_for(".shown", token=token),
        picture=base + url_for(".picture", token=token),
    )  # fmt: skip


@bp.get("/b/<token>/picture.png")
@public
def picture(token: str) -> ResponseReturnValue:
    """What other pages show of it."""
    held = _shown_or_404(token)
    settings = current_app.config["SETTINGS"]
    drawn = picture_of(str(all_badges()[held.badge].name), short_name(held.person.display_name), settings.brand_name)
    return Response(drawn, mimetype="image/png", headers={"Cache-Control": f"public, max-age={PICTURE_SECONDS}"})


@staff_bp.get("")
@allow(Permission.SEE_PEOPLE)
def rules() -> ResponseReturnValue:
    """Every badge with the rule by which it is earned."""
    return render_template("recognition/staff_badges.html", badges=list(all_badges().values()))


@staff_bp.get("/people/<person_id>")
@allow(Permission.SEE_PEOPLE)
def person(person_id: str) -> ResponseReturnValue:
    """One person's badges."""
    return _page(_person_or_404(person_id), GiveForm(formdata=None))


@staff_bp.post("/people/<person_id>")
@allow(Permission.SEE_PEOPLE)
def give(person_id: str) -> ResponseReturnValue:
    """Give a badge that no program can see, with a reason; given again, the first one stands."""
    somebody, form = _person_or_404(person_id), GiveForm()
    if not form.validate():
        return _page(somebody, form), 422
    try:
        with unit_of_work():
            badging.give_by_hand(
                somebody, form.badge.data, reason=form.reason.data, actor=current_user, now=clock.now()
            )
    except badging.NobodysOwn:
        form.badge.errors = [_("Nobody gives a badge to themselves: ask a colleague.")]
        return _page(somebody, form), 409
    done(_("They have it, and read what for."))
    return redirect(url_for(".person", person_id=person_id), 303)


@staff_bp.post("/people/<person_id>/<held_id>/take-back")
@allow(Permission.SEE_PEOPLE)
def take_back(person_id: str, held_id: str) -> ResponseReturnValue:
    """End a badge that was given by hand, with a reason."""
    somebody, form = _person_or_404(person_id), TakeForm()
    held = db.session.get(HeldBadge, held_id)
    if held is None or held.person_id != person_id or held.cause_kind != badging.BY_HAND:
        abort(404)
    if not form.validate():
        return _page(somebody, GiveForm(formdata=None), opened=held_id, take=form), 422
    with unit_of_work():
        badging.take_by_hand(held, reason=form.reason.data, actor=current_user, now=clock.now())
    return redirect(url_for(".person", person_id=person_id), 303)


def _page(somebody: Person, form: GiveForm, *, opened: str = "", take: TakeForm | None = None) -> str:
    held = badging.badges_of(somebody.id)
    forms = {
        each.id: take if take is not None and each.id == opened else TakeForm(formdata=None, prefix="")
        for each in held
    }  # fmt: skip
    return render_template(
        "recognition/staff_person.html", person=somebody, held=held, badges=all_badges(), form=form, forms=forms,
        opened=opened,
    )  # fmt: skip


def _mine_or_404(held_id: str) -> HeldBadge:
    return badging.badge_held_by(current_user.id, held_id) or abort(404)


def _shown_or_404(token: str) -> HeldBadge:
    held = badging.badge_shown(token)
    if held is None or held.badge not in all_badges():
        abort(404)
    return held


def _person_or_404(person_id: str) -> Person:
    return db.session.get(Person, person_id) or abort(404)
