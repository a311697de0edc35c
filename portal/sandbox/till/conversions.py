"""What the shop tells the portal of somebody who came by a fan's link, as docs/conversions.md says it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

from portal.sandbox.settings import Settings

ANSWERS_WITHIN_SECONDS = 10
VIA = re.compile(r"[0-9A-Za-z]{1,32}")
"""What a link may have added to the shop's address; anything else is left out."""
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def tell(settings: Settings, news: str, event_id: str, via: str) -> int:
    """The portal's answer to `conversion` or `taken_back`; 0 where nobody answers."""
    told = {"type": news, "id": event_id, "via": via, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    body, at = json.dumps(told).encode(), int(time.time())
    signature = hmac.new(settings.conversion_secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    asked = urllib.request.Request(  # noqa: S310  # the portal's own address
        f"{settings.portal_url}/conversions", body, method="POST",
        headers={"Content-Type": "application/json", "Portal-Signature": f"t={at},v1={signature}"},
    )  # fmt: skip
    try:
        with _opener.open(asked, timeout=ANSWERS_WITHIN_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0
