"""Tracked links: short addresses that go to one stored target, and count visitors without knowing them."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the redirect, the spool it writes to, and the job that rolls clicks up."""
    from portal.kernel.loading import load_modules
    from portal.links.data_centres import DataCentres
    from portal.links.own_visits import note_own_visit
    from portal.links.postbacks import bp as postbacks
    from portal.links.spool import Spool
    from portal.links.views import bp

    load_modules(__name__, "jobs", "patterns")
    app.extensions["portal_click_spool"] = Spool(app.config["SETTINGS"].data_folder / "spool")
    app.extensions["portal_data_centres"] = DataCentres.read(app.config["SETTINGS"].data_centre_ranges)
    app.register_blueprint(bp)
    app.register_blueprint(postbacks)
    app.after_request(note_own_visit)
