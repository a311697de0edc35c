"""What a person sees of the identity provider: choose an account, allow or cancel, sign out."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.sandbox.browser import browser_id, spoken_to_by_programs, widen_csp
from portal.sandbox.clock import moment, now, stamp
from portal.sandbox.database import db, transaction
from portal.sandbox.identity import accounts, granting
from portal.sandbox.identity.asking import Asked, NotAnswerable, Refused, answer_url, read_request
from portal.sandbox.settings import Settings

identity = Blueprint("identity", __name__, url_prefix="/oidc")

Answer = str | Response | tuple[str, int]


def settings() -> Settings:
    given: Settings = current_app.extensions["sandbox_settings"]
    return given


def signed_in_person() -> sqlite3.Row | None:
    return accounts.person_called(db(), session.get("subject"))


def signed_in_at() -> datetime:
    return moment(session["signed_in_at"])


def sign_in_as(subject: str) -> None:
    session["subject"] = subject
    session["signed_in_at"] = stamp(now())
    session.permanent = True


@identity.route("/authorize", methods=["GET", "POST"])
@spoken_to_by_programs
def authorize() -> Answer:
    try:
        asked = read_request(request.values, settings())
        if "none" in asked.prompts:
            return _answer_silently(asked)
    except NotAnswerable as problem:
        return render_template("identity/refused.html", problem=problem), 400
    except Refused as refusal:
        return redirect(
            answer_url(
                refusal.redirect_uri,
                settings(),
                error=refusal.error,
                error_description=refusal.description,
                state=refusal.state,
            ),
            303,
        )
    with transaction() as connection:
        sign_in = granting.open_sign_in(connection, asked, browser=browser_id(), now=now())
    session.permanent = True
    return redirect(url_for(".consent", sign_in=sign_in), 303)


def _answer_silently(asked: Asked) -> Response:
    """`prompt=none`: answer without a page or not at all. Raises Refused."""

    def refuse(error: str) -> Refused:
        return Refused(error, "somebody has to answer a page", redirect_uri=asked.redirect_uri, state=asked.state)

    person = signed_in_person()
    if person is None:
        raise refuse("login_required")
    if asked.max_age_seconds is not None and (now() - signed_in_at()).total_seconds() > asked.max_age_seconds:
        raise refuse("login_required")
    known_client = {"subject": person["subject"], "client_id": settings().client_id}
    if not granting.has_allowed(db(), **known_client, scope=asked.scope):
        raise refuse("consent_required")
    with transaction() as connection:
        code = granting.issue_code(
            connection,
            subject=person["subject"],
            auth_time=signed_in_at(),
            redirect_uri=asked.redirect_uri,
            scope=asked.scope,
            nonce=asked.nonce,
            challenge=asked.challenge,
            now=now(),
        )
    return redirect(answer_url(asked.redirect_uri, settings(), code=code, state=asked.state), 303)


def _waiting(sign_in: str) -> sqlite3.Row:
    waiting = granting.open_sign_in_of(db(), sign_in, browser=browser_id(), now=now())
    if waiting is None:
        abort(
            404,
            "This sign-in was answered already or has run out. Go back to the application and start again.",
        )
    return waiting


def _signed_in_recently_enough(waiting: sqlite3.Row) -> bool:
    since = waiting["signed_in_since"]
    return signed_in_person() is not None and (since is None or session["signed_in_at"] >= since)


@identity.get("/sign-in/<sign_in>/account")
def choose(sign_in: str) -> Answer:
    waiting = _waiting(sign_in)
    return render_template(
        "identity/choose.html",
        waiting=waiting,
        people=accounts.everybody(db()),
        current=session.get("subject"),
    )


@identity.post("/sign-in/<sign_in>/account")
def chosen(sign_in: str) -> Answer:
    _waiting(sign_in)
    person = accounts.person_called(db(), request.form.get("subject"))
    if person is None:
        abort(400, "Nobody with this account is known here. Choose one from the list.")
    sign_in_as(person["subject"])
    return redirect(url_for(".consent", sign_in=sign_in), 303)


@identity.get("/sign-in/<sign_in>/new-account")
def new_account(sign_in: str) -> Answer:
    _waiting(sign_in)
    typed = {"zoneinfo": "Europe/London", "locale": "en-GB", "email_verified": "yes"}
    return render_template("identity/create.html", sign_in=sign_in, typed=typed, locales=accounts.LOCALES)


@identity.post("/sign-in/<sign_in>/new-account")
def create_account(sign_in: str) -> Answer:
    _waiting(sign_in)
    typed = request.form
    try:
        with transaction() as connection:
            subject = accounts.create_person(
                connection,
                name=typed.get("name", ""),
                email=typed.get("email", ""),
                email_verified=typed.get("email_verified") == "yes",
                locale=typed.get("locale", ""),
                zoneinfo=typed.get("zoneinfo", ""),
                now=now(),
            )
    except accounts.Unacceptable as problem:
        page = render_template(
            "identity/create.html", sign_in=sign_in, typed=typed, locales=accounts.LOCALES, problem=problem
        )
        return page, 422
    sign_in_as(subject)
    return redirect(url_for(".consent", sign_in=sign_in), 303)


@identity.get("/sign-in/<sign_in>/consent")
def consent(sign_in: str) -> Answer:
    waiting = _waiting(sign_in)
    if not _signed_in_recently_enough(waiting):
        return redirect(url_for(".choose", sign_in=sign_in), 303)
    person = signed_in_person()
    assert person is not None  # _signed_in_recently_enough says so
    # Chromium applies form-action to the redirect that answers a form, too
    return_to = urlsplit(waiting["redirect_uri"])
    widen_csp("form-action", f"{return_to.scheme}://{return_to.netloc}")
    return render_template(
        "identity/consent.html",
        waiting=waiting,
        person=person,
        shared=accounts.claims_of(person, waiting["scope"]),
        allowed_before=granting.has_allowed(
            db(), subject=person["subject"], client_id=settings().client_id, scope=waiting["scope"]
        ),
    )


@identity.post("/sign-in/<sign_in>/consent")
def answer(sign_in: str) -> Answer:
    waiting = _waiting(sign_in)
    person = signed_in_person()
    if person is None or not _signed_in_recently_enough(waiting):
        return redirect(url_for(".choose", sign_in=sign_in), 303)
    outcome: dict[str, str | None] = {"state": waiting["state"]}
    with transaction() as connection:
        if not granting.answer_sign_in(connection, sign_in):
            abort(404, "This sign-in was answered already. Go back to the application and start again.")
        if request.form.get("answer") == "allow":
            subject, scope = person["subject"], waiting["scope"]
            granting.allow(connection, subject=subject, client_id=settings().client_id, scope=scope, now=now())
            outcome["code"] = granting.issue_code(
                connection,
                subject=subject,
                auth_time=signed_in_at(),
                redirect_uri=waiting["redirect_uri"],
                scope=scope,
                nonce=waiting["nonce"],
                challenge=waiting["challenge"],
                now=now(),
            )
        else:
            outcome["error"] = "access_denied"
            outcome["error_description"] = "the person cancelled"
    return redirect(answer_url(waiting["redirect_uri"], settings(), **outcome), 303)


@identity.get("/account")
def account() -> Answer:
    person = signed_in_person()
    allowed = person is not None and granting.has_allowed(
        db(), subject=person["subject"], client_id=settings().client_id, scope=""
    )
    return render_template("identity/account.html", person=person, allowed=allowed)


@identity.post("/account/forget")
def forget() -> Answer:
    if (person := signed_in_person()) is not None:
        with transaction() as connection:
            granting.forget_consent(connection, subject=person["subject"], client_id=settings().client_id)
    return redirect(url_for(".account"), 303)


@identity.post("/account/sign-out")
def sign_out() -> Answer:
    session.pop("subject", None)
    session.pop("signed_in_at", None)
    return redirect(url_for(".account"), 303)
