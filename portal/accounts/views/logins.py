"""My own logins on networks: what they read, lending one, ending it; and whether my posts may be counted."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import queries, wording
from portal.accounts.handles import HandleRefused
from portal.accounts.logins.counting import withdraw_counting
from portal.accounts.logins.forgetting import forget_login_of, login_networks
from portal.accounts.logins.granting import allow_counting
from portal.accounts.logins.network import LoginNetwork
from portal.accounts.models import Handle
from portal.accounts.views import HOME, attempts, bp, sign_in
from portal.accounts.views.attempts import Purpose
from portal.accounts.views.lending import come_back_and_lend, go_and_lend
from portal.accounts.views.sign_in import CALLBACKS_PER_MINUTE, STARTS_PER_MINUTE
from portal.extensions import limiter
from portal.kernel import clock
from portal.kernel.access import Permission, allow
from portal.kernel.flashes import done
from portal.kernel.limits import limit_reading
from portal.kernel.unit_of_work import unit_of_work


@bp.get("/profile/handles/<handle_id>/login")
@allow(Permission.TAKE_PART)
def explain_login(handle_id: str) -> ResponseReturnValue:
    """What will be read and what never, before anybody leaves."""
    handle = _mine(handle_id)
    network = login_networks().get(handle.platform)
    if network is None:
        return redirect(url_for(".show_handle", handle_id=handle_id), 303)
    return render_template(
        "accounts/lend_login.html", handle=handle, network=network, words=wording.LOGINS[handle.platform]
    )


@bp.post("/profile/handles/<handle_id>/login")
@allow(Permission.TAKE_PART)
@limiter.limit(STARTS_PER_MINUTE)
def lend_login(handle_id: str) -> ResponseReturnValue:
    handle = _mine(handle_id)
    return go_and_lend(handle, _network(handle))


@bp.get("/profile/logins/<network>/callback")
@allow(Permission.TAKE_PART)
@limit_reading
@limiter.limit(CALLBACKS_PER_MINUTE)
def login_callback(network: str) -> ResponseReturnValue:
    """The way back. Does nothing without a `state` that this browser began here."""
    if network not in login_networks():
        abort(404)
    answer = request.args.to_dict()
    attempt = attempts.take(answer.get("state"), network, now=clock.now())
    if attempt is None or attempt.purpose != Purpose.LEND:
        return sign_in.refuse(_("This was not begun in this browser, or too long ago. Please start again."), HOME)
    return come_back_and_lend(network, attempt, answer)


@bp.post("/profile/handles/<handle_id>/login/end")
@allow(Permission.TAKE_PART)
def end_login(handle_id: str) -> ResponseReturnValue:
    """Forget the key here at once; the network is told by a worker."""
    handle = _mine(handle_id)
    with unit_of_work():
        ended = forget_login_of(handle.id, actor_id=current_user.id, why="by the person", now=clock.now())
    if ended:
        done(_("Your login is disconnected. We forgot the key, and tell the network to end it."))
    return redirect(url_for(".show_handle", handle_id=handle_id), 303)


@bp.post("/profile/handles/<handle_id>/counting")
@allow(Permission.TAKE_PART)
def allow_counting_posts(handle_id: str) -> ResponseReturnValue:
    handle = _mine(handle_id)
    try:
        with unit_of_work():
            allow_counting(handle, now=clock.now())
    except HandleRefused as refused:
        return sign_in.refuse(str(refused.sentence), url_for(".show_handle", handle_id=handle_id), 409)
    done(_("We may count your public posts there now."))
    return redirect(url_for(".show_handle", handle_id=handle_id), 303)


@bp.post("/profile/handles/<handle_id>/counting/end")
@allow(Permission.TAKE_PART)
def stop_counting_posts(handle_id: str) -> ResponseReturnValue:
    handle = _mine(handle_id)
    with unit_of_work():
        withdraw_counting(handle, now=clock.now())
    done(_("We no longer count your posts there."))
    return redirect(url_for(".show_handle", handle_id=handle_id), 303)


def _mine(handle_id: str) -> Handle:
    handle = queries.handle_of(current_user.id, handle_id)
    if handle is None:
        abort(404)
    return handle


def _network(handle: Handle) -> LoginNetwork:
    """404 where nobody can lend a login of that network here."""
    network = login_networks().get(handle.platform)
    if network is None:
        abort(404)
    return network
