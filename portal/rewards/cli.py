"""Operators' commands: `rewards reconcile`, `rewards probe-stripe`."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from portal.rewards.probing import ProbeFailed, probe
from portal.rewards.reconciling import differences
from portal.rewards.stripe import stripe_now
from portal.rewards.stripe.failures import StripeFailed, StripeMisconfigured

reward_commands = AppGroup("rewards", help="Payments and promotion codes at Stripe.")


@reward_commands.command("reconcile")
@click.option("--days", default=3, show_default=True, help="How far back, besides all that is not settled.")
@with_appcontext
def reconcile(days: int) -> None:
    """Ask Stripe what lost webhooks would have said; mend it and print each difference.

    Exit code 0: no difference. 1: some, all mended. 2: some need a person, or Stripe could not be asked.
    """
    found = left = 0
    try:
        for each in differences(days=days):
            found, left = found + 1, left + (not each.is_mended)
            mended = "mended" if each.is_mended else "NOT MENDED"
            click.echo(f"{each.about}: we had {each.ours}; Stripe: {each.theirs}: {mended}")
    except StripeMisconfigured as shut:
        click.echo(f"Stripe lets nobody in ({shut.code}): look at PORTAL_STRIPE_KEY.", err=True)
        sys.exit(2)
    click.echo(f"{found} {'difference' if found == 1 else 'differences'}, {left} left.")
    sys.exit(2 if left else 1 if found else 0)


@reward_commands.command("probe-stripe")
@with_appcontext
def probe_stripe() -> None:
    """Try everything that the portal does, in the Stripe account of the settings: test keys only.

    Makes a coupon, a promotion code and a payment page, asks for each twice, and switches them off again. Exit code 0:
    all went as the portal expects. 1: something did not. 2: there is no test key to try it with.
    """
    stripe = stripe_now()
    if not stripe.has_key:
        click.echo("No key: set PORTAL_STRIPE_KEY (sk_test_… or rk_test_…) and the webhook's secret.", err=True)
        sys.exit(2)
    if stripe.is_live:
        click.echo("This is a live key. Set PORTAL_STRIPE_KEY to a test key (sk_test_… or rk_test_…).", err=True)
        sys.exit(2)
    click.echo(f"Asking {stripe.address}")
    try:
        for said in probe(stripe, current_app.config["SETTINGS"]):
            click.echo(f"ok  {said}")
    except StripeMisconfigured as shut:
        click.echo(f"NO  Stripe does not let this key do that ({shut.code}): look at its rights.", err=True)
        sys.exit(1)
    except (ProbeFailed, StripeFailed) as failed:
        click.echo(f"NO  {type(failed).__name__}: {failed}", err=True)
        sys.exit(1)
