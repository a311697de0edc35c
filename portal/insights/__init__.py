"""Insights: how what was planned goes, in figures that say what they count."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the staff pages."""
    from portal.insights.staff import bp

    app.register_blueprint(bp)
