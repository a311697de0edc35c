"""What the brand's shop told of people who bought something after they followed a link."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from portal.demo.around import Bought
from portal.demo.history import History
from portal.links.conversions import News, Told, hear
from portal.links.models import TrackedLink


def tell(past: History, bought: Bought, link: TrackedLink) -> None:
    """Each order when it was made, and again when it was returned."""
    for number, order in enumerate(bought.orders, start=1):
        event_id = f"o-{bought.by}-{number}"
        past.on_day(order["ago"], partial(_hear, News.CONVERSION, event_id, link.code))
        if "back" in order:
            past.on_day(order["back"], partial(_hear, News.TAKEN_BACK, event_id, link.code))


def _hear(news: News, event_id: str, code: str, now: datetime) -> None:
    hear(Told(news, event_id, code, now), now=now)
