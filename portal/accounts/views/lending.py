"""The way to a network and back on which somebody lends it us to read their posts (PROMISES P-07)."""

from __future__ import annotations

import structlog
from flask import current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import queries, wording
from portal.accounts.handles import HandleRefused
from portal.accounts.identities import IdentityTaken
from portal.accounts.logins.forgetting import login_networks
from portal.accounts.logins.granting import keep_login
from portal.accounts.logins.network import Grant, LoginNetwork
from portal.accounts.models import Handle
from portal.accounts.networks.calling import NotFoundThere
from portal.accounts.networks.provider import Leaving
from portal.accounts.providers.discovery import ProviderUnavailable
from portal.accounts.providers.flow import NotVouchedFor
from portal.accounts.providers.openid import origin_of
from portal.accounts.views import attempts, sign_in
from portal.accounts.views.attempts import Attempt, Purpose
from portal.accounts.views.ways import networks
from portal.kernel import clock
from portal.kernel.flashes import done
from portal.kernel.unit_of_work import end_reading, unit_of_work

log = structlog.get_logger()

HANDLE = "handle"
"""In an attempt's memory: which account it is for."""


def go_and_lend(handle: Handle, network: LoginNetwork) -> ResponseReturnValue:
    """Remember the attempt in this browser, and go."""
    now, onward = clock.now(), url_for(".show_handle", handle_id=handle.id)
    attempt = attempts.begin(network.code, Purpose.LEND, next_=onward, person_id=current_user.id, now=now)
    host, handle_id = handle.host, handle.id
    end_reading()
    try:
        departure = network.begin(host, _leaving(network, attempt))
    except NotFoundThere as nowhere:
        return sign_in.refuse(str(wording.not_found_there(nowhere.reason_code)), onward, 422)
    except ProviderUnavailable:
        return sign_in.provider_down(network, onward)
    except NotVouchedFor as refused:
        return sign_in.not_vouched_for(network, refused, onward)
    attempts.remember(attempt, {**departure.memory, HANDLE: handle_id})
    if origin_of(departure.address) in current_app.extensions["portal_form_targets"]:
        return redirect(departure.address, 303)
    return render_template("accounts/go_on.html", provider=network, address=departure.address)


def come_back_and_lend(code: str, attempt: Attempt, answer: dict[str, str]) -> ResponseReturnValue:
    """Keep the key, if it is to the account that it was asked for; else give it back."""
    network = login_networks().get(code)
    handle = queries.handle_of(attempt.person_id, attempt.memory.get(HANDLE, ""))
    if network is None or not sign_in.is_still(attempt) or handle is None:
        return sign_in.refuse(_("Too much time has passed. Please start again."), attempt.next)
    if "error" in answer:
        return sign_in.came_back_without(network, answer["error"], attempt)
    handle_id = handle.id
    end_reading()
    try:
        grant = network.finish(attempt.memory, answer, _leaving(network, attempt))
    except ProviderUnavailable:
        return sign_in.provider_down(network, attempt.next)
    except NotVouchedFor as refused:
        if refused.reason_code == "scope_not_given":
            sentence = _("You left out the permission to read your posts, so nothing has changed.")
            return sign_in.refuse(sentence, attempt.next, 200, tone="info")
        return sign_in.not_vouched_for(network, refused, attempt.next)
    refusal = _keep(network, handle_id, grant)
    if refusal:
        _give_back(network, grant)
        return sign_in.refuse(refusal, attempt.next, 409)
    done(_("From now on your login reads the posts you hand in."))
    return redirect(url_for(".show_handle", handle_id=handle_id), 303)


def _keep(network: LoginNetwork, handle_id: str, grant: Grant) -> str:
    """Why it is not kept; empty where it is."""
    if queries.signs_in_somebody_else(current_user.id, grant.account):
        return str(IdentityTaken.sentence)
    try:
        with unit_of_work():
            handle = queries.handle_of(current_user.id, handle_id)
            if handle is None:
                return _("Too much time has passed. Please start again.")
            keep_login(current_user, handle, grant, network=network.code, now=clock.now())
    except HandleRefused as refused:
        return str(refused.sentence)
    return ""


def _give_back(network: LoginNetwork, grant: Grant) -> None:
    end_reading()
    try:
        network.give_back(grant.tokens, grant.part)
    except (ProviderUnavailable, NotVouchedFor):
        log.info("login_not_given_back", network=network.code)


def _leaving(network: LoginNetwork, attempt: Attempt) -> Leaving:
    """Servers of federated networks send people back to where signing in comes back to as well."""
    route = "accounts.server_callback" if network.code in networks() else "accounts.login_callback"
    address = current_app.config["SETTINGS"].public_url + url_for(route, network=network.code)
    return Leaving(state=attempt.state, verifier=attempt.verifier, callback=address, again=False)
