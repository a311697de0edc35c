"""Points: a double-entry ledger, the awards, budgets and spending that move it, and everybody's own statement."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the jobs, the operators' commands, and the figure beside everybody's name."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel import shell
    from portal.points import jobs, queries, seal_audit  # noqa: F401  # registers its handlers and rules
    from portal.points.cli import ledger_commands
    from portal.points.public import bp as public
    from portal.points.views import bp

    app.register_blueprint(bp)
    app.register_blueprint(public)
    app.cli.add_command(ledger_commands)
    shell.add_entry("nav", "points.statement", _l("Points"), icon="coins", order=50)
    shell.add_figure("points_available", lambda person: queries.balances(person.id).available)
