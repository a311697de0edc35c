"""Rewards: the catalogue, its stock and codes, and what people redeem their points for."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the box that codes are sealed in, and what statements say about redemptions."""
    from portal.kernel.loading import load_modules
    from portal.points.explaining import explains
    from portal.points.ports import use_rates
    from portal.rewards import (
        costs,
        costs_staff,
        kinds_staff,
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
        "redemption_views", "stock_staff", "terms_staff", "waiting", "wishing",
    )  # fmt: skip
    stripe.init_app(app)
    app.cli.add_command(reward_commands)
    for pages in (
        wanting.bp,
        views.bp,
        staff.bp,
        orders_staff.bp,
        payment_views.bp,
        costs_staff.bp,
        kinds_staff.bp,
        kinds_staff.door,
    ):
        app.register_blueprint(pages)
    use_rates(costs.rates)
    explains("redemption")(queries.explain_redemptions)
    _add_to_navigation()


def _add_to_navigation() -> None:
    """Where fans and staff find the room; the number beside *Orders* counts payments that need a decision."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel import shell
    from portal.kernel.access import Permission
    from portal.rewards import orders

    for section in ("tabs", "nav"):
        shell.add_entry(
            section,
            "rewards.catalogue",
            _l("Rewards"),
            icon="gift",
            order=40,
            prefixes=("/rewards", "/redemptions", "/tickets"),
        )
    shell.add_entry(
        "staff", "rewards_staff.index", _l("Rewards"), icon="gift", order=50, permission=Permission.MANAGE_REWARDS,
        prefixes=("/staff/rewards", "/staff/check-in"),
    )  # fmt: skip
    shell.add_entry(
        "staff", "orders_staff.index", _l("Orders"), icon="package", order=51, permission=Permission.MANAGE_REWARDS,
        counted=lambda _person: orders.counting_odd(),
    )  # fmt: skip
