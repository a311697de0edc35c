"""What a site lets programs read: its robots.txt, asked for before a plain page is.

Source: RFC 9309. A site without one, or that refuses to show it (4xx), allows everything; one whose robots.txt can't be
had because of trouble (5xx, no answer) allows nothing for the moment. Interfaces made for programs have terms instead.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from portal.kernel.fetcher.answers import Fetched
from portal.kernel.fetcher.transport import FetchFailed

OUR_NAME = "AmbassadorPortal"
"""The product token that a site may speak to; the first word of our user agent."""
READ_BYTES_MAX = 500 * 1024
"""RFC 9309 §2.5: at least that much is parsed; what lies behind it is not."""
RULES_MAX = 5_000
LINE_LENGTH_MAX = 2_000
KEPT_FOR_SECONDS = 3600
SITES_REMEMBERED_MAX = 256
_AGENT_LINE = re.compile(r"\s*user[- ]?agent\s*:?\s*(?P<name>[^#]*)", re.I)


@dataclass(frozen=True)
class Rules:
    """One site's robots.txt, as far as it is about us."""

    parsed: Protego

    def allow(self, url: str) -> bool:
        return bool(self.parsed.can_fetch(url, OUR_NAME))

    @property
    def gap_seconds(self) -> float:
        return float(self.parsed.crawl_delay(OUR_NAME) or 0.0)


def rules_in(text: str) -> Rules:
    """Parse a robots.txt of any length and kind; never raises, what can't be read says nothing."""
    return Rules(Protego.parse("\n".join(_about_us(text))))


def _about_us(text: str) -> list[str]:
    """Its lines, with all other programs called the same: thousands of names would be multiplied by their rules."""
    lines = []
    for line in text[:READ_BYTES_MAX].splitlines()[:RULES_MAX]:
        named = _AGENT_LINE.match(line[:LINE_LENGTH_MAX])
        name = named["name"].strip().lower() if named else ""
        if named and name != "*" and OUR_NAME.lower() not in name:
            lines.append("User-agent: somebody-else")
        elif len(line) <= LINE_LENGTH_MAX:
            lines.append(line)
    return lines


class RobotsMemory:
    """The rules of the sites asked lately, a limited number of them, each for an hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Rules]] = OrderedDict()

    def rules_of(self, origin: str, fetch: Callable[[str], Fetched]) -> Rules:
        """What is known of `origin`, else what `fetch` gives for its robots.txt.

        Raises FetchFailed("robots") when that is not to be had now.
        """
        with self._lock:
            until, rules = self._known.get(origin, (0.0, None))
        if rules is not None and until > time.monotonic():
            return rules
        rules = _asked_for(origin, fetch)
        with self._lock:
            self._known[origin] = (time.monotonic() + KEPT_FOR_SECONDS, rules)
            self._known.move_to_end(origin)
            while len(self._known) > SITES_REMEMBERED_MAX:
                self._known.popitem(last=False)
        return rules


def _asked_for(origin: str, fetch: Callable[[str], Fetched]) -> Rules:
    try:
        answer = fetch(f"{origin}/robots.txt")
    except FetchFailed as failed:
        if failed.reason_code in ("wrong_type", "too_large", "too_many_redirects"):
            return rules_in("")  # no robots.txt that anybody could read
        raise
    if answer.status == 429 or answer.status >= 500:
        raise FetchFailed("robots", answer.retry_after_seconds)
    return rules_in(answer.text if 200 <= answer.status < 300 else "")
