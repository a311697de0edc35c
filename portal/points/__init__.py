"""Points: a double-entry ledger, the awards, budgets and spending that move it, and everybody's own statement."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the statement, the operators' command, and the figure beside everybody's name."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel import shell
    from portal.points import queries
    from portal.points.cli import ledger_commands
    from portal.points.views import bp

    app.register_blueprint(bp)
    app.cli.add_command(ledger_commands)
    shell.add_entry("nav", "points.statement", _l("Points"), icon="coins", order=50)
    shell.add_figure("points_available", lambda person: queries.balances(person.id).available)
