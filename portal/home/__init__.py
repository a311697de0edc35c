"""The first page: for a stranger, what this is; for a fan, the one next thing to do and how the season goes."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages and their place in the navigation."""
    from flask_babel import lazy_gettext as _l

    from portal.home.views import bp
    from portal.kernel import shell

    app.register_blueprint(bp)
    for section in ("tabs", "nav"):
        shell.add_entry(section, "home.index", _l("Home"), icon="house", order=10)
