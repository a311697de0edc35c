"""Points: a double-entry ledger, the awards, budgets and spending that move it, and everybody's own statement."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the jobs, the operators' commands, and the figure beside everybody's name."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel import shell
    from portal.kernel.access import Permission
    from portal.kernel.loading import load_modules
    from portal.points import adjusting, queries, tier_views
    from portal.points.books_staff import bp as books
    from portal.points.cli import ledger_commands
    from portal.points.public import bp as public
    from portal.points.staff import bp as staff
    from portal.points.views import bp

    load_modules(__name__, "jobs", "own_causes", "seal_audit")
    for pages in (bp, staff, books, public, tier_views.bp, tier_views.staff_bp):
        app.register_blueprint(pages)
    shell.add_entry(
        "staff", "tiers_staff.edit", _l("Tiers"), icon="trending-up", order=55, permission=Permission.ADJUST_POINTS
    )
    app.cli.add_command(ledger_commands)
    shell.add_entry("nav", "points.statement", _l("Points"), icon="coins", order=50)
    shell.add_entry(
        "staff", "points_staff.adjustments", _l("Points"), icon="coins", order=45, permission=Permission.ADJUST_POINTS,
        prefixes=("/staff/points", "/staff/reward-costs"), counted=adjusting.counting_theirs,
    )  # fmt: skip
    shell.add_figure("points_available", lambda person: queries.balances(person.id).available)
