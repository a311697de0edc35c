"""What the shop tells the portal of somebody who came by a fan's link, as docs/conversions.md says it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from portal.sandbox.settings import Settings
from portal.sandbox.till.signed import post_signed

VIA = re.compile(r"[0-9A-Za-z]{1,32}")
"""What a link may have added to the shop's address; anything else is left out."""


def tell(settings: Settings, news: str, event_id: str, via: str) -> int:
    """The portal's answer to `conversion` or `taken_back`; 0 where nobody answers."""
    told = {"type": news, "id": event_id, "via": via, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    url, secret = f"{settings.portal_url}/conversions", settings.conversion_secret
    return post_signed(url, json.dumps(told).encode(), secret=secret, header="Portal-Signature")
