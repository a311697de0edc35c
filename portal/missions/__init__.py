"""Missions: what people are asked to do, the places they claim, and the kit they share with."""

from flask import Flask

_SUBMIT = ("/claims", "/shares")
"""A share begins with its claim; its own page stays under the same link."""


def init_app(app: Flask) -> None:
    """Register pages, jobs, navigation, and the desk that keeps campaigns' points in the ledger."""
    from flask_babel import lazy_gettext as _l

    from portal.campaigns.ports import use_budget_desk
    from portal.kernel.access import Permission
    from portal.kernel.loading import load_modules
    from portal.kernel.shell import add_entry
    from portal.missions.audience_staff import bp as audience_staff
    from portal.missions.audience_views import bp as audience
    from portal.missions.bonus_words import bonus_up_to, cost_of_place
    from portal.missions.budget_desk import LedgerDesk, season_names, season_now
    from portal.missions.showing import picture_url
    from portal.missions.staff import bp as staff
    from portal.missions.views import bp
    from portal.points.ports import use_season_names, use_season_now

    load_modules(__name__, "inviting_views", "jobs")
    app.register_blueprint(bp)
    app.register_blueprint(staff)
    app.register_blueprint(audience)
    app.register_blueprint(audience_staff)
    app.jinja_env.globals |= {"picture_url": picture_url, "bonus_up_to": bonus_up_to, "cost_of_place": cost_of_place}
    use_budget_desk(LedgerDesk())
    use_season_now(season_now)
    use_season_names(season_names)
    add_entry("tabs", "missions.board", _l("Missions"), icon="compass", order=20, prefixes=("/missions",))
    add_entry("tabs", "missions.my_claims", _l("Submit"), icon="link", order=30, prefixes=_SUBMIT)
    add_entry("nav", "missions.board", _l("Missions"), icon="compass", order=20, prefixes=("/missions",))
    add_entry("nav", "missions.my_claims", _l("Submit a share"), icon="link", order=30, prefixes=_SUBMIT)
    add_entry(
        "staff", "missions_staff.index", _l("Missions"), icon="flag", order=20,
        permission=Permission.MANAGE_MISSIONS, prefixes=("/staff/missions",),
    )  # fmt: skip
    add_entry(
        "staff", "audience_staff.show", _l("Audiences"), icon="leaf", order=25,
        permission=Permission.MANAGE_MISSIONS, prefixes=("/staff/audience",),
    )  # fmt: skip
