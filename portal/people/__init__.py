"""Staff's view of persons: a directory to find somebody in, and one person's whole story."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the staff pages."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel.access import Permission
    from portal.kernel.shell import add_entry
    from portal.people.staff import bp

    app.register_blueprint(bp)
    add_entry("staff", "people.directory", _l("People"), icon="users", order=60, permission=Permission.SEE_PEOPLE)
