"""People, how they sign in, what they agreed to, and their accounts on social networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the sign-in providers, the jobs and the operators' commands."""
    from flask_babel import lazy_gettext as _l

    from portal.accounts.cli import people_commands
    from portal.accounts.logins.offered import offered as lent
    from portal.accounts.networks.offered import offered
    from portal.accounts.ports import network_names
    from portal.accounts.providers.discovery import Discovery
    from portal.accounts.providers.presets import configured
    from portal.accounts.views import bp, visit
    from portal.extensions import login
    from portal.kernel.loading import load_modules
    from portal.kernel.shell import add_entry

    load_modules(__name__, "jobs", "joining", "sessions", "logins.keeping")
    pages = ("handles", "identities", "join", "logins", "network_sign_in", "profile", "sessions", "sign_in")
    load_modules(f"{__name__}.views", *pages)
    providers = configured(app.config["SETTINGS"])
    app.extensions["portal_providers"] = providers
    app.extensions["portal_discovery"] = Discovery()
    networks = offered(app.config["SETTINGS"], app.extensions["portal_fetcher"])
    app.extensions["portal_network_providers"] = networks
    app.extensions["portal_login_networks"] = lent(app.config["SETTINGS"], app.extensions["portal_fetcher"], networks)
    origins = [origin for provider in providers.values() for origin in provider.form_origins]
    app.extensions["portal_form_targets"] += [o for o in origins if o not in app.extensions["portal_form_targets"]]
    if any(provider.answers_by_post for provider in providers.values()):
        app.extensions["portal_foreign_posts"].add("accounts.posted_callback")
    login.session_protection = None  # sessions are kept here; Flask-Login's own mark on browsers is not used
    app.register_blueprint(bp)
    app.jinja_env.globals["guided_names"] = network_names
    app.before_request(visit.ask_for_new_terms)
    app.cli.add_command(people_commands)
    add_entry(
        "tabs", "accounts.profile", _l("You"), icon="circle-user-round", order=50,
        prefixes=(
            "/profile", "/audience", "/points", "/inbox", "/guidelines", "/badges", "/leagues", "/teams", "/thanks",
        ),
    )  # fmt: skip
    add_entry(
        "nav", "accounts.profile", _l("You"), icon="circle-user-round", order=80, prefixes=("/profile", "/audience")
    )
