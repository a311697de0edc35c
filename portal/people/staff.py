"""The directory, one person's page, and what staff may change about an account. All of it is audited."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import handles, places, roles, rules, standing, wording
from portal.accounts import queries as accounts
from portal.accounts.models import Handle, Person, PersonState, Track
from portal.accounts.ports import network_names
from portal.kernel import clock
from portal.kernel.access import Permission, Role, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work
from portal.people import queries
from portal.people.forms import GrantForm, ReasonForm
from portal.people.story import story_of
from portal.points.queries import balances

bp = Blueprint("people", __name__, url_prefix="/staff/people")

SEARCH_LENGTH_MAX = 100
MOVES = {
    PersonState.PAUSED: standing.pause,
    PersonState.ACTIVE: standing.reactivate,
    PersonState.REMOVED: standing.remove,
}


@bp.get("")
@allow(Permission.SEE_PEOPLE)
def directory() -> ResponseReturnValue:
    """Find a person by name, address, handle or the beginning of their id."""
    args = request.args
    wanted = queries.Filter(
        text=" ".join(args.get("q", "").split())[:SEARCH_LENGTH_MAX],
        state=args.get("state", ""),
        track=args.get("track", ""),
        role=args.get("role", ""),
    )
    page, lines = queries.find_people(wanted, cursor=args.get("after"))
    asked = {"q": wanted.text, "state": wanted.state, "track": wanted.track, "role": wanted.role}
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return render_template(
        "people/directory.html",
        lines=lines,
        wanted=wanted,
        counts=queries.count_by_state(),
        states=list(PersonState),
        tracks=wording.TRACKS,
        staff_words=wording.STAFF_ROLES,
        role_words=wording.ADVOCACY_ROLES,
        first_url="" if page.is_first else url_for(".directory", **kept),
        next_url=url_for(".directory", after=page.next_cursor, **kept) if page.next_cursor else "",
    )


@bp.get("/<person_id>")
@allow(Permission.SEE_PEOPLE)
def show(person_id: str) -> ResponseReturnValue:
    """One person's whole story."""
    return _page(_person_or_404(person_id))


@bp.post("/<person_id>/roles")
@allow(Permission.GRANT_ROLES)
def grant(person_id: str) -> ResponseReturnValue:
    """Make somebody staff."""
    person = _person_or_404(person_id)
    form = GrantForm()
    if not form.validate():
        return _page(person, grant_form=form), 422
    try:
        with unit_of_work():
            roles.grant_role(person, form.chosen, actor=current_user, why=form.reason.data or "", now=clock.now())
    except roles.RoleRefused as refused:
        return _page(person, grant_form=form, problem=str(refused.sentence)), 409
    done(_("%(name)s is now %(role)s, and signs in anew.", name=person.display_name,
           role=wording.STAFF_ROLES[form.chosen]))  # fmt: skip
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.post("/<person_id>/roles/<role>/withdraw")
@allow(Permission.GRANT_ROLES)
def withdraw(person_id: str, role: str) -> ResponseReturnValue:
    """Take a role back."""
    person = _person_or_404(person_id)
    if role not in set(Role):
        abort(404)
    form = ReasonForm(prefix=f"{role}-")
    if not form.validate():
        return _page(person, open_form=form), 422
    try:
        with unit_of_work():
            roles.withdraw_role(person, Role(role), actor=current_user, why=form.reason.data or "", now=clock.now())
    except roles.RoleRefused as refused:
        return _page(person, open_form=form, problem=str(refused.sentence)), 409
    done(_("%(name)s is no longer %(role)s.", name=person.display_name, role=wording.STAFF_ROLES[Role(role)]))
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.post("/<person_id>/standing/<state>")
@allow(Permission.SEE_PEOPLE)
def change_standing(person_id: str, state: str) -> ResponseReturnValue:
    """Pause, bring back or remove."""
    person = _person_or_404(person_id)
    if state not in {move.value for move in MOVES}:
        abort(404)
    form = ReasonForm(prefix=f"{state}-")
    if not form.validate():
        return _page(person, open_form=form), 422
    try:
        with unit_of_work():
            MOVES[PersonState(state)](person, actor=current_user, why=form.reason.data or "", now=clock.now())
    except standing.StandingRefused as refused:
        return _page(person, open_form=form, problem=str(refused.sentence)), 409
    sentences = {
        PersonState.PAUSED: _("%(name)s is paused.", name=person.display_name),
        PersonState.ACTIVE: _("%(name)s can take part again.", name=person.display_name),
        PersonState.REMOVED: _("%(name)s is removed and signed out everywhere.", name=person.display_name),
    }
    done(sentences[PersonState(state)])
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.post("/<person_id>/handles/<handle_id>/confirm")
@allow(Permission.SEE_PEOPLE)
def confirm_handle(person_id: str, handle_id: str) -> ResponseReturnValue:
    """Vouch for an account that no code can prove."""
    person, handle = _handle_or_404(person_id, handle_id)
    form = ReasonForm(prefix=f"{handle_id}-")
    if not form.validate():
        return _page(person, open_form=form), 422
    try:
        with unit_of_work():
            handles.confirm_by_staff(handle, actor=current_user, reason=form.reason.data or "", now=clock.now())
    except handles.HandleRefused as refused:
        return _page(person, open_form=form, problem=str(refused.sentence)), 409
    done(_("@%(name)s is confirmed.", name=handle.name))
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.post("/<person_id>/handles/<handle_id>/lose")
@allow(Permission.SEE_PEOPLE)
def lose_handle(person_id: str, handle_id: str) -> ResponseReturnValue:
    """The proof no longer holds."""
    person, handle = _handle_or_404(person_id, handle_id)
    form = ReasonForm(prefix=f"{handle_id}-")
    if not form.validate():
        return _page(person, open_form=form), 422
    try:
        with unit_of_work():
            handles.lose_proof(handle, actor=current_user, reason=form.reason.data or "", now=clock.now())
    except handles.HandleRefused as refused:
        return _page(person, open_form=form, problem=str(refused.sentence)), 409
    done(_("The proof of @%(name)s no longer counts.", name=handle.name))
    return redirect(url_for(".show", person_id=person_id), 303)


def _person_or_404(person_id: str) -> Person:
    person = accounts.person_by_id(person_id)
    if person is None:
        abort(404)
    return person


def _handle_or_404(person_id: str, handle_id: str) -> tuple[Person, Handle]:
    handle = accounts.handle_of(person_id, handle_id)
    if handle is None:
        abort(404)
    return _person_or_404(person_id), handle


def _page(
    person: Person,
    *,
    grant_form: GrantForm | None = None,
    open_form: ReasonForm | None = None,
    problem: str = "",
) -> str:
    """`open_form`: the one that was refused; it stays open, with what was typed."""
    held = accounts.handles_of(person.id)
    work = queries.work_of(person.id)
    prefixes = [*(role.value for role in person.roles), *(state.value for state in MOVES), *(h.id for h in held)]
    reasons = {prefix: ReasonForm(formdata=None, prefix=f"{prefix}-") for prefix in prefixes}
    if open_form is not None:
        reasons[open_form._prefix.rstrip("-")] = open_form
    return render_template(
        "people/person.html",
        person=person,
        handles=held,
        networks=network_names(),
        work=work,
        story=story_of(person, work, held),
        balances=balances(person.id),
        sessions_count=len(accounts.open_sessions(person.id, clock.now())),
        country=places.country_name(person.country, str(get_locale())),
        language=places.language_name(person.locale),
        track=wording.TRACKS[Track(person.track)],
        proof_methods=wording.PROOF_METHODS,
        role_words=wording.ADVOCACY_ROLES,
        staff_words=wording.STAFF_ROLES,
        staff_meanings=wording.STAFF_MEANINGS,
        moves=_moves(person),
        grant_form=grant_form or GrantForm(formdata=None),
        reasons=reasons,
        opened=open_form._prefix.rstrip("-") if open_form else "",
        problem=problem,
    )


def _moves(person: Person) -> list[PersonState]:
    """What staff may make of this person's state; nothing for themselves."""
    if person.id == current_user.id:
        return []
    return [state for state in MOVES if rules.may_become(person.state, state)]
