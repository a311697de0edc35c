"""Recognition: badges for what matters. Tiers, which missions and rewards ask for, live in the points room."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages and what listens to shares."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel import shell
    from portal.kernel.access import Permission
    from portal.recognition import badge_views, listeners  # noqa: F401  # registers what listens

    app.register_blueprint(badge_views.bp)
    app.register_blueprint(badge_views.staff_bp)
    shell.add_entry("nav", "badges.mine", _l("Badges"), icon="badge-check", order=56, prefixes=("/badges",))
    shell.add_entry(
        "staff", "badges_staff.rules", _l("Badges"), icon="badge-check", order=56, permission=Permission.SEE_PEOPLE
    )
