"""Rewards: the catalogue, its stock and codes, and what people redeem their points for."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the box that codes are sealed in, and what statements say about redemptions."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel import shell
    from portal.kernel.access import Permission
    from portal.kernel.loading import load_modules
    from portal.points.explaining import explains
    from portal.points.ports import use_rates
    from portal.rewards import (
        costs,
        costs_staff,
        kinds_staff,
        orders,
        orders_staff,
        payment_views,
        queries,
        staff,
        stripe,
        views,
        wanting,
    )
    from portal.rewards.cli import reward_commands

    load_modules(
        __name__, "download_views", "jobs", "order_staff", "parcels", "payment_jobs", "pictures_staff",
        "redemption_views", "terms_staff", "waiting", "wishing",
    )  # fmt: skip
    stripe.init_app(app)
    app.cli.add_command(reward_commands)
    app.register_blueprint(wanting.bp)
    app.register_blueprint(views.bp)
    app.register_blueprint(staff.bp)
    app.register_blueprint(orders_staff.bp)
    app.register_blueprint(payment_views.bp)
    app.register_blueprint(costs_staff.bp)
    use_rates(costs.rates)
    app.register_blueprint(kinds_staff.bp)
    app.register_blueprint(kinds_staff.door)
    explains("redemption")(queries.explain_redemptions)
    for section in ("tabs", "nav"):
        shell.add_entry(
            section, "rewards.catalogue", _l("Rewards"), icon="gift", order=40, prefixes=("/rewards", "/redemptions")
        )
    shell.add_entry(
        "staff", "rewards_staff.index", _l("Rewards"), icon="gift", order=50, permission=Permission.MANAGE_REWARDS,
        prefixes=("/staff/rewards", "/staff/check-in"),
    )  # fmt: skip
    shell.add_entry(
        "staff", "orders_staff.index", _l("Orders"), icon="package", order=51, permission=Permission.MANAGE_REWARDS,
        counted=lambda _person: orders.counting_odd(),
    )  # fmt: skip
