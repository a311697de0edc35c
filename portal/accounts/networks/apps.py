"""This portal's registrations at servers, in the database. Each call is a transaction of its own, none stays open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from portal.accounts.networks.models import NetworkApp
from portal.extensions import db
from portal.kernel.crypto import Box, Unsealable
from portal.kernel.unit_of_work import end_reading, unit_of_work


@dataclass(frozen=True)
class App:
    """One registration, its secret open."""

    id: str
    origin: str
    client_id: str
    client_secret: str = field(repr=False)
    profile_scope: str
    """The narrowest scope there that tells who somebody is."""
    confirmed_at: datetime


class StoredApps:
    """All registrations of one network under one public address."""

    def __init__(self, network: str, *, public_url: str, box: Box) -> None:
        self._network = network
        self._public_url = public_url
        self._box = box

    def at(self, origin: str) -> App | None:
        """Leans on the unique key."""
        row = db.session.scalar(
            select(NetworkApp).where(
                NetworkApp.network == self._network,
                NetworkApp.origin == origin,
                NetworkApp.public_url == self._public_url,
            )
        )
        return self._opened(row)

    def by_id(self, app_id: str) -> App | None:
        row = db.session.get(NetworkApp, app_id)
        return self._opened(row if row and row.network == self._network else None)

    def keep(self, app: App) -> App:
        """Remember a new registration; of two made at once the first one stays."""
        end_reading()
        row = NetworkApp(
            id=app.id, network=self._network, origin=app.origin, public_url=self._public_url, client_id=app.client_id,
            sealed_secret=self._box.seal(app.client_secret), profile_scope=app.profile_scope,
            registered_at=app.confirmed_at, confirmed_at=app.confirmed_at,
        )  # fmt: skip
        try:
            with unit_of_work():
                db.session.add(row)
        except IntegrityError:
            kept = self.at(app.origin)
            end_reading()
            return kept or app
        return app

    def confirm(self, app: App, *, now: datetime) -> None:
        """The server still knows it."""
        with unit_of_work():
            db.session.execute(update(NetworkApp).where(NetworkApp.id == app.id).values(confirmed_at=now))

    def forget(self, app: App) -> None:
        """The server does not know it any more; safe to repeat."""
        with unit_of_work():
            db.session.execute(delete(NetworkApp).where(NetworkApp.id == app.id))

    def _opened(self, row: NetworkApp | None) -> App | None:
        """Read, with no transaction left open. A secret that no key opens any more is as good as none."""
        if row is None:
            end_reading()
            return None
        sealed = row.sealed_secret
        app = App(row.id, row.origin, row.client_id, "", row.profile_scope, row.confirmed_at)
        end_reading()
        try:
            return replace(app, client_secret=self._box.open(sealed))
        except Unsealable:
            self.forget(app)
            return None
