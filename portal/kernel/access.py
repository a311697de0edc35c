"""Who may use a route: deny by default. Each view states one permission, or that it is public.

`@allow(Permission.X)` or `@public` stands on every view function; `check_every_route` refuses to start an app with a
route that states nothing, `enforce` refuses a request without the permission.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.kernel.given_back import typed_texts


class Permission(StrEnum):
    """What somebody may do; roles are sets of these."""

    TAKE_PART = "take_part"
    USE_QUEUE = "use_queue"
    """The review queue, and in it the cases that one's other permissions let one decide."""
    REVIEW_SHARES = "review_shares"
    SEE_PEOPLE = "see_people"
    GRANT_ROLES = "grant_roles"
    ADJUST_POINTS = "adjust_points"
    MANAGE_GUIDELINES = "manage_guidelines"
    MANAGE_MISSIONS = "manage_missions"
    MANAGE_CAMPAIGNS = "manage_campaigns"
    MANAGE_REWARDS = "manage_rewards"
    SET_VERDICTS = "set_verdicts"
    OPERATE = "operate"


class Role(StrEnum):
    """Staff roles; a person without one is a fan."""

    MODERATOR = "moderator"
    MANAGER = "manager"
    MARKETER = "marketer"
    ADMIN = "admin"


FAN = frozenset({Permission.TAKE_PART})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MODERATOR: frozenset({Permission.USE_QUEUE, Permission.REVIEW_SHARES}),
    Role.MANAGER: frozenset(
        {
            Permission.USE_QUEUE,
            Permission.REVIEW_SHARES,
            Permission.SEE_PEOPLE,
            Permission.ADJUST_POINTS,
            Permission.MANAGE_GUIDELINES,
            Permission.MANAGE_REWARDS,
            Permission.SET_VERDICTS,
        }
    ),
    Role.MARKETER: frozenset(
        {
            Permission.USE_QUEUE,
            Permission.MANAGE_MISSIONS,
            Permission.MANAGE_CAMPAIGNS,
            Permission.MANAGE_REWARDS,
        }
    ),
    Role.ADMIN: frozenset(Permission) - FAN,
}

STAFF = frozenset(Permission) - FAN

View = TypeVar("View", bound=Callable[..., Any])

_ACCESS = "__portal_access__"
_PUBLIC = "public"


def allow(permission: Permission) -> Callable[[View], View]:
    """Only who holds `permission` may use this view."""

    def mark(view: View) -> View:
        setattr(view, _ACCESS, permission)
        return view

    return mark


def public(view: View) -> View:
    """Anybody may use this view, signed in or not."""
    setattr(view, _ACCESS, _PUBLIC)
    return view


def access_of(app: Flask, endpoint: str) -> Permission | None:
    """The permission of `endpoint`; None when it is public. Raises LookupError when it states nothing."""
    stated = getattr(app.view_functions[endpoint], _ACCESS, None)
    if stated is None:
        raise LookupError(endpoint)
    return None if stated == _PUBLIC else Permission(stated)


def check_every_route(app: Flask) -> None:
    """Refuse to start with a route that does not say who may use it. Raises RuntimeError naming them."""
    app.view_functions["static"] = public(app.view_functions["static"])
    silent = [e for e in app.view_functions if getattr(app.view_functions[e], _ACCESS, None) is None]
    if silent:
        raise RuntimeError(f"These routes do not say who may use them: {', '.join(sorted(silent))}")


def page_of_request() -> str | None:
    """The page to come back to after this request was put off: itself, or the page of ours that its form stood on.

    What was typed into that form is kept on the device and shown there again.
    """
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return None
    if page.netloc != request.host:
        return None
    return f"{page.path}?{page.query}" if page.query else page.path


def enforce() -> ResponseReturnValue | None:
    """Before each request: sign-in page for strangers, 403 for people without the permission."""
    if request.endpoint is None:
        return None  # no such page: the 404 tells nobody anything
    needed = access_of(current_app, request.endpoint)
    if needed is None:
        return None
    if not current_user.is_authenticated:
        return _ask_to_sign_in()
    if needed not in current_user.permissions:
        g.refused_for = needed
        abort(403)
    if needed in STAFF and current_app.config["SETTINGS"].env == "production":
        # Staff need a second factor before any staff page (PROMISES P-09); until it exists the door stays shut.
        abort(403, description="second_factor_missing")
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    """The sign-in page. Whose text would be lost by that, since their browser keeps no drafts, gets it back first."""
    page = page_of_request()
    address = url_for("accounts.sign_in", next=page)
    typed = [] if "HX-Request" in request.headers else typed_texts(from_our_page=page is not None)
    if not typed:
        return redirect(address)
    return render_template("errors/signed_out.html", sign_in_url=address, typed=typed), 401


def may(permission: Permission) -> bool:
    """For templates: does the person who looks hold `permission`?"""
    return bool(current_user.is_authenticated and permission in current_user.permissions)
