"""A Perch of the tests' own: real HTTP on loopback, with every answer in the test's hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal.accounts.models import Person
from portal.kernel import clock
from portal.kernel.fetcher import Fetcher, FetchPolicy
from portal.shares.hosts import StoredHosts
from portal.shares.platforms.registry import Networks
from tests.accounts.factories import a_person, a_proved_handle
from tests.conftest import settings_for
from tests.kernel.local_web import Answer, Site, a_site, page, redirect
from tests.shares.factories import perch_id


class NoMemory:
    """What a network remembers of hosts where there is no database."""

    def __init__(self, known: dict[str, str] | None = None) -> None:
        self.known = known or {}

    def software_of(self, host: str) -> str | None:
        return self.known.get(host)

    def remember(self, host: str, software: str) -> None:
        self.known[host] = software


def json_page(content: Any, status: int = 200, **headers: str) -> Answer:
    return page(json.dumps(content).encode(), status, content_type="application/json", **headers)


def fetcher_for(*origins: str, seconds: float = 30.0) -> Fetcher:
    """A fetcher that may reach these local servers."""
    return Fetcher(
        FetchPolicy(user_agent="tests", allow_origins=frozenset(origins), total_seconds=seconds, body_bytes_max=200_000)
    )


class ScriptedPerch:
    """Perch as a test wants it: `publish` a post, then change, delete or break it."""

    def __init__(self, site: Site, pages: dict[str, Answer]) -> None:
        self.site, self._pages = site, pages
        self.url = site.origin

    def publish(
        self,
        text: str = "Ad: my mended jacket #MendedWithHollin",
        *,
        handle: str = "ada",
        account: str = "id-ada",
        post_id: int | None = None,
        **changes: Any,
    ) -> str:
        """A public post; gives its address."""
        post_id = post_id or perch_id()
        post = {
            "id": str(post_id), "url": f"{self.url}/@{handle}/{post_id}", "text": text, "visibility": "public",
            "author": {"id": account, "handle": handle, "display_name": handle.title(), "followers": 12},
            "created_at": clock.now().isoformat(), "edited_at": None, "media": [], "links": [], **changes,
        }  # fmt: skip
        self._pages[f"/api/v1/posts/{post_id}"] = json_page(post)
        return post["url"]

    def answer(self, url: str, answer: Answer) -> None:
        """From now on, asked for the post at `url`, the network answers like this."""
        self._pages[f"/api/v1/posts/{url.rpartition('/')[2]}"] = answer

    def delete(self, url: str) -> None:
        self.answer(url, json_page({"error": "gone"}, 410))

    def make_private(self, url: str) -> None:
        self.answer(url, json_page({"error": "private"}, 403))

    def shorten(self, url: str, code: str = "Ab3dE6g") -> str:
        """A short link to the post at `url`."""
        path = url.removeprefix(self.url)
        self._pages[f"/p/{code}"] = redirect(path)
        self._pages[path] = page()
        return f"{self.url}/p/{code}"

    @property
    def reads(self) -> list[str]:
        return [path for path in self.site.paths if path.startswith("/api/")]


@pytest.fixture
def perch(request: pytest.FixtureRequest) -> Iterator[ScriptedPerch]:
    """The app's sandbox network, played by the test."""
    app: Flask = request.getfixturevalue("sqlite_app" if "sqlite_app" in request.fixturenames else "app")
    pages: dict[str, Answer] = {}
    before = {name: app.extensions[name] for name in ("portal_networks", "portal_fetcher")}
    with a_site(pages) as site:
        settings = settings_for(app.config["SETTINGS"].data_folder, sandbox_url=site.origin)
        settings_before, app.config["SETTINGS"] = app.config["SETTINGS"], settings
        app.extensions["portal_networks"] = Networks(settings, StoredHosts())
        app.extensions["portal_fetcher"] = fetcher_for(site.origin)
        yield ScriptedPerch(site, pages)
        app.extensions.update(before)
        app.config["SETTINGS"] = settings_before


@pytest.fixture
def ada() -> Person:
    """A fan whose account on Perch is proved."""
    person = a_person("Ada Fell")
    a_proved_handle(person, name="ada", external_id="id-ada")
    return person
