"""Webhooks: each event is sent to the portal, signed, until it is answered with 2xx; as Stripe does.

Source: docs.stripe.com/webhooks. What could not be told stays in the books, and is tried again with the next event.
"""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

from flask import Flask, current_app

from portal.sandbox.database import connect
from portal.sandbox.settings import Settings
from portal.sandbox.till import books
from portal.sandbox.till.signed import post_signed

PAUSES_SECONDS = (0.0, 0.5, 2.0, 5.0, 15.0, 30.0)


class Teller:
    """One thread at a time that tells; whoever has news while it rests wakes it."""

    def __init__(self) -> None:
        self.at_work, self.news = threading.Lock(), threading.Event()


def tell_soon() -> None:
    """Tell the portal what it does not know yet, in a thread of its own: the answer must not wait for it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    teller: Teller = app.extensions["sandbox_teller"]
    teller.news.set()
    threading.Thread(target=_tell, args=(app, teller), daemon=True).start()


def _tell(app: Flask, teller: Teller) -> None:
    if not teller.at_work.acquire(timeout=0.1):
        return  # who is at it has been woken
    try:
        with app.app_context():
            for pause in PAUSES_SECONDS:
                teller.news.wait(pause)
                teller.news.clear()
                everything = _told_everything(app.extensions["sandbox_database"], app.extensions["sandbox_settings"])
                if everything and not teller.news.is_set():
                    return
    finally:
        teller.at_work.release()


def _told_everything(path: Path, settings: Settings) -> bool:
    with closing(connect(path)) as db:
        if books.keeps_quiet(db):
            return True
        waiting = books.untold(db)
        told = [row["id"] for row in waiting if send(row["body"].encode(), settings)]
        for event_id in told:
            books.mark_told(db, event_id)
    return len(told) == len(waiting)


def send(body: bytes, settings: Settings) -> bool:
    """Signed with the secret that both sides know; True for an answer of 2xx."""
    url = f"{settings.portal_url}/webhooks/stripe"
    return 200 <= post_signed(url, body, secret=settings.till_secret, header="Stripe-Signature") < 300
