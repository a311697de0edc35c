"""Campaigns, which fans know as seasons: one goal, dates, and a budget of points."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the staff pages and the job that moves seasons on."""
    from flask_babel import lazy_gettext as _l

    from portal.campaigns.staff import bp
    from portal.kernel.access import Permission
    from portal.kernel.loading import load_modules
    from portal.kernel.shell import add_entry

    load_modules(__name__, "jobs")
    app.register_blueprint(bp)
    add_entry(
        "staff", "campaigns_staff.index", _l("Seasons"), icon="calendar", order=30,
        permission=Permission.MANAGE_CAMPAIGNS, prefixes=("/staff/seasons",),
    )  # fmt: skip
