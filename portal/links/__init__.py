"""Tracked links: short addresses that go to one stored target, and count visitors without knowing them."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the redirect, the spool it writes to, and the job that rolls clicks up."""
    from portal.links import jobs  # noqa: F401  # registers its handlers
    from portal.links.spool import Spool
    from portal.links.views import bp

    app.extensions["portal_click_spool"] = Spool(app.config["SETTINGS"].data_folder / "spool")
    app.register_blueprint(bp)
