"""Recognition: badges for what matters, leagues and teams that stay friendly, thanks from one person to another.

Tiers, which missions and rewards ask for, live in the points room.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the jobs, and what listens to shares and links."""
    from portal.kernel.loading import load_modules
    from portal.links.ports import when_people_are_counted
    from portal.recognition import (
        badge_views,
        league_staff,
        league_views,
        team_staff,
        team_views,
        thanks_staff,
        thanks_views,
    )
    from portal.recognition.effect import count_people

    load_modules(__name__, "dealing", "listeners")
    when_people_are_counted(count_people)
    for pages in (
        badge_views.bp,
        badge_views.staff_bp,
        league_views.bp,
        league_staff.bp,
        thanks_views.bp,
        thanks_staff.bp,
        team_views.bp,
        team_staff.bp,
    ):
        app.register_blueprint(pages)
    _add_to_navigation()


def _add_to_navigation() -> None:
    """Where fans and staff find the room; the number beside *Thanks* counts those that wait for a look."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel import shell
    from portal.kernel.access import Permission
    from portal.recognition import thanks_queries

    shell.add_entry(
        "nav", "leagues.mine", _l("Leagues"), icon="users", order=55, prefixes=("/leagues", "/teams", "/thanks")
    )
    shell.add_entry("nav", "badges.mine", _l("Badges"), icon="badge-check", order=56, prefixes=("/badges",))
    shell.add_entry(
        "staff", "badges_staff.rules", _l("Badges"), icon="badge-check", order=56, permission=Permission.SEE_PEOPLE
    )
    shell.add_entry(
        "staff", "thanks_staff.index", _l("Thanks"), icon="hand-heart", order=57, permission=Permission.REVIEW_SHARES,
        counted=thanks_queries.count_waiting,
    )  # fmt: skip
    shell.add_entry(
        "staff", "teams_staff.index", _l("Teams"), icon="heart-handshake", order=58, permission=Permission.SEE_PEOPLE
    )
    shell.add_entry(
        "staff", "leagues_staff.index", _l("Leagues"), icon="trophy", order=57, permission=Permission.SEE_PEOPLE
    )
