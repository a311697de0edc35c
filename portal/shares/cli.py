"""The operators' tools for what shares are made of: `flask --app wsgi platforms identify`, `list` and `probe`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from portal.kernel import clock
from portal.shares import probing
from portal.shares.hosts import software_by_host
from portal.shares.platforms import web
from portal.shares.platforms.describing import as_lines, as_markdown
from portal.shares.platforms.known_hosts import KnownHosts, hosts_in
from portal.shares.platforms.reading import Identified, Kind
from portal.shares.platforms.registry import Networks, NotAPost
from portal.shares.proof import NO_SEAL_OF_OURS, verify

platform_commands = AppGroup("platforms", help="Social networks.")
share_commands = AppGroup("shares", help="Shares and what proves them.")
_NOTHING = Identified("", Kind.OTHER)


@platform_commands.command("identify")
@click.option(
    "--known", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file of servers by what they run, as {\"mastodon\": [\"social.example\"]}; instead of those learned.",
)  # fmt: skip
@with_appcontext
def identify(known: Path | None) -> None:
    """Say what each address is: JSON lines with `url` on standard input, one JSON object for each, in order.

    Nothing is fetched.
    """
    networks = Networks(current_app.config["SETTINGS"], KnownHosts(_software_by_host(known)))
    out = sys.stdout
    for line in sys.stdin.buffer:
        out.write(json.dumps(_answer(networks, line)) + "\n")


@platform_commands.command("list")
@click.option("--markdown", is_flag=True, help="As the table in docs/networks.md.")
@with_appcontext
def list_networks(markdown: bool) -> None:
    """Say what can be known of posts on each network: by anybody, with a key, with the fan's own login, and never."""
    networks = Networks(current_app.config["SETTINGS"], KnownHosts({}))
    table = as_markdown(networks.about(), networks.reads) if markdown else as_lines(networks.about(), networks.reads)
    click.echo(table, nl=False)


@platform_commands.command("probe")
@click.argument("url")
@with_appcontext
def probe_address(url: str) -> None:
    """Read the post at URL on the live network, as this portal is set up; print each field and how it is known.

    It is an operator's test of the contract with a network: it ends with 0 where a post was read, with 1 where not,
    with 2 where URL is no post's address. Nothing is stored but what is learned of the server.
    """
    try:
        outcome, lines = probing.probe(
            current_app.extensions["portal_networks"], current_app.extensions["portal_fetcher"], url
        )
    except NotAPost as not_one:
        raise click.UsageError(f"This is no post's address: {not_one.reason_code}.") from None
    click.echo("\n".join(lines))
    if outcome is probing.Outcome.NOT_READ:
        raise click.exceptions.Exit(1)


def _software_by_host(known: Path | None) -> dict[str, str]:
    if known is None:
        return software_by_host(clock.now())
    try:
        return hosts_in(json.loads(known.read_bytes()))
    except ValueError as problem:
        raise click.BadParameter(f"{known}: {problem}", param_hint="--known") from None


def _answer(networks: Networks, line: bytes) -> Mapping[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return _as_json(None, _NOTHING, "not_json")
    url = asked.get("url") if isinstance(asked, dict) else None
    if not isinstance(url, str):
        return _as_json(None, _NOTHING, "no_url" if isinstance(asked, dict) else "not_json")
    found = networks.look_at(url)
    return _as_json(url, found, found.reason)


def _as_json(url: str | None, found: Identified, reason: str) -> dict[str, Any]:
    of_network = found.platform not in ("", web.ABOUT.code)
    certain = found.kind in (Kind.POST, Kind.PROFILE)
    return {
        "url": url,
        "platform": found.platform if of_network else None,
        "kind": found.kind,
        "canonical": found.canonical if of_network and certain else None,
        "post_id": found.post_id or None,
        "author": found.author or None,
        "posted_at": _iso(found.posted_at),
        "reason": reason or None,
    }


def _iso(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z" if moment else None


@share_commands.command("verify-proof")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--without-seal", is_flag=True, help="For who doesn't hold the portal's keys: ask for the digests alone.")
@with_appcontext
def verify_proof(file: Path, without_seal: bool) -> None:
    """Compute every digest in FILE anew, as a moderator downloaded it; asks neither database nor network.

    The seal shows that this portal made the file: it takes PORTAL_SECRET_KEYS as they were then, or are still accepted.
    """
    keys = [] if without_seal else current_app.config["SETTINGS"].secret_keys
    try:
        proof = json.loads(file.read_text(encoding="utf-8"))
        wrong = verify(proof, secret_keys=keys)
    except (ValueError, KeyError, TypeError, AttributeError):
        wrong = ["This is no proof that a portal made."]
    for sentence in wrong:
        click.echo(sentence)
    if NO_SEAL_OF_OURS in wrong:
        click.echo("Without the keys of the portal that made it, ask for its digests with --without-seal.")
    if wrong:
        sys.exit(1)
    sealed = "The seal was not asked for." if without_seal else "The seal is this portal's own."
    click.echo(f"Everything fits: {len(proof['evidence'])} looks, {len(proof['ledger'])} movements of points. {sealed}")
