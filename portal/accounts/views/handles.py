"""My accounts on social networks: add, prove, remove."""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields import SelectChoice

from portal.accounts import handles, queries, wording
from portal.accounts.forms import HandleForm
from portal.accounts.logins.counting import counting_permission
from portal.accounts.logins.forgetting import login_networks
from portal.accounts.models import Handle, HandleState
from portal.accounts.ports import Network, NotAProfile, network_guide
from portal.accounts.views import bp
from portal.accounts.views.network_sign_in import prove_by_going
from portal.accounts.views.sign_in import STARTS_PER_MINUTE
from portal.accounts.views.ways import network_or_404, networks
from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import unit_of_work


@bp.get("/profile/handles/new")
@allow(Permission.TAKE_PART)
def new_handle() -> ResponseReturnValue:
    networks = network_guide().networks()
    form = _handle_form(networks)
    if len(networks) == 1:
        form.platform.data = networks[0].code
    return _new_page(form, networks)


@bp.post("/profile/handles/new")
@allow(Permission.TAKE_PART)
def add_handle() -> ResponseReturnValue:
    """Take what was typed as an account of mine."""
    networks = network_guide().networks()
    form = _handle_form(networks)
    if not form.validate():
        return _new_page(form, networks), 422
    try:
        address = network_guide().understand(form.platform.data, form.typed.data or "")
    except NotAProfile as odd:
        form.typed.errors = [str(wording.not_a_profile(odd.reason_code))]
        return _new_page(form, networks), 422
    try:
        with unit_of_work():
            handle = handles.add_handle(current_user, address, clock.now())
    except handles.HandleRefused as refused:
        form.typed.errors = [str(refused.sentence)]
        return _new_page(form, networks), 409
    return redirect(url_for(".show_handle", handle_id=handle.id), 303)


@bp.get("/profile/handles/<handle_id>")
@allow(Permission.TAKE_PART)
def show_handle(handle_id: str) -> ResponseReturnValue:
    """The code, what to do with it, and how the last look went."""
    handle = _mine(handle_id)
    return render_template("accounts/handle.html", **_seen(handle))


@bp.get("/profile/handles/<handle_id>/proof")
@allow(Permission.TAKE_PART)
def handle_proof(handle_id: str) -> ResponseReturnValue:
    """The part of that page which changes while a worker looks (htmx)."""
    return render_template("accounts/_proof.html", **_seen(_mine(handle_id)))


@bp.post("/profile/handles/<handle_id>/look")
@allow(Permission.TAKE_PART)
@limiter.limit("10 per minute")
def look_at_handle(handle_id: str) -> ResponseReturnValue:
    """Have the profile read now."""
    handle = _mine(handle_id)
    if handle.state != HandleState.PROVED:
        with unit_of_work():
            handles.ask_to_look(handle, now=clock.now())
    return redirect(url_for(".show_handle", handle_id=handle_id), 303)


@bp.post("/profile/handles/<handle_id>/proof-by-login")
@allow(Permission.TAKE_PART)
@limiter.limit(STARTS_PER_MINUTE)
def prove_handle_by_login(handle_id: str) -> ResponseReturnValue:
    """Go to the network and sign in there, instead of putting a code into the profile."""
    handle = _mine(handle_id)
    naming = network_or_404(handle.platform)
    if handle.state == HandleState.PROVED:
        return redirect(url_for(".show_handle", handle_id=handle_id), 303)
    return prove_by_going(handle, naming)


@bp.post("/profile/handles/<handle_id>/remove")
@allow(Permission.TAKE_PART)
def remove_handle(handle_id: str) -> ResponseReturnValue:
    handle = _mine(handle_id)
    name = handle.name
    with unit_of_work():
        handles.remove_handle(handle, now=clock.now())
    done(_("%(account)s is removed.", account=name))
    return redirect(url_for(".profile"), 303)


def _mine(handle_id: str) -> Handle:
    handle = queries.handle_of(current_user.id, handle_id)
    if handle is None:
        abort(404)
    return handle


def _seen(handle: Handle) -> dict[str, object]:
    network = next((known for known in network_guide().networks() if known.code == handle.platform), None)
    problem = wording.proof_problem(handle.proof_problem) if handle.proof_problem else ""
    waiting = handle.state != HandleState.PROVED and queries.is_being_looked_at(handle.id)
    return {
        "handle": handle,
        "network_name": network.name if network else handle.platform,
        "by_code": network is None or network.can_prove_by_code,
        "by_login": handle.platform in networks(),
        "login": queries.login_of(handle.id),
        "login_words": wording.LOGINS.get(handle.platform) if handle.platform in login_networks() else None,
        "counting": counting_permission(handle.id),
        "countable": network is not None and network.can_count,
        "looking": waiting,
        "problem": problem,
        "method": wording.PROOF_METHODS.get(handle.proof_method) if handle.proof_method else "",  # type: ignore[call-overload]
    }


def _handle_form(networks: list[Network]) -> HandleForm:
    form = HandleForm()
    form.platform.choices = [SelectChoice(network.code, network.name) for network in networks]
    return form


def _new_page(form: HandleForm, networks: list[Network]) -> str:
    examples = {network.code: _("For example: %(example)s", example=network.example) for network in networks}
    return render_template("accounts/new_handle.html", form=form, examples=examples)
