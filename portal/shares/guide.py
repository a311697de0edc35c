"""What the accounts room asks about networks (accounts.ports.NetworkGuide), and the networks of the app that runs."""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app

from portal.accounts.ports import Network, NotAPostAddress, PostAddress, Profile, ProfileAddress
from portal.kernel.locale import gettext as _
from portal.shares.platforms.reading import Kind
from portal.shares.platforms.registry import Networks, NotAPost


def networks() -> Networks:
    """The networks of the current app."""
    found: Networks = current_app.extensions["portal_networks"]
    return found


class Guide:
    def networks(self) -> list[Network]:
        return networks().guides()

    def names(self) -> Mapping[str, str]:
        return networks().names()

    def understand(self, platform: str, typed: str) -> ProfileAddress:
        return networks().understand(platform, typed)

    def post_at(self, typed: str) -> PostAddress:
        from portal.shares.wording import not_a_post_sentence

        try:
            found = networks().identify(typed)
        except NotAPost as problem:
            raise NotAPostAddress(not_a_post_sentence(problem)) from problem
        if found.kind is Kind.SHORT:
            raise NotAPostAddress(_("This is a short link. Open it, and paste the address of the post itself."))
        return PostAddress(found.platform, found.canonical, found.post_key)

    def read_profile(self, platform: str, host: str, name: str) -> Profile:
        return networks().read_profile(current_app.extensions["portal_fetcher"], platform, host, name)
