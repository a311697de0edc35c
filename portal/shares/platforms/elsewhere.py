"""Hosts that are none of the networks and want to be told apart: what leads on, what copies, what resembles.

Sources: ClearURLs and yt-dlp (2025, 2026) for shorteners and redirectors; UTS 39 for the idea of a skeleton, which is
kept to what ASCII allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from portal.shares.platforms.pages import COPY, REDIRECTOR
from portal.shares.platforms.shapes import words

REDIRECTORS = words(
    """
    bit.ly bitly.com j.mp buff.ly ow.ly tinyurl.com goo.gl is.gd v.gd t.ly cutt.ly rebrand.ly rb.gy shorturl.at
    s.id dlvr.it trib.al ift.tt amzn.to shor.by bl.ink tiny.cc soo.gd adf.ly lnk.to smarturl.it page.link
    app.link onelink.me href.li anonym.to l.messenger.com out.reddit.com safelinks.protection.outlook.com
    urldefense.com urldefense.us urldefense.proofpoint.com linkprotect.cudasvc.com slack-redir.net exit.sc
    nullrefer.com dereferer.me deref.link mailchi.mp list-manage.com lnks.gd away.vk.com w.wiki
    """
)
"""Hosts, with everything below them, whose pages lead to somebody else's."""
COPIES = words(
    """
    fxtwitter.com vxtwitter.com fixupx.com fixvx.com twittpr.com xcancel.com nitter.net twstalker.com
    threadreaderapp.com ddinstagram.com kkinstagram.com imginn.com picuki.com vxtiktok.com tnktok.com
    tfxktok.com tiktxk.com fxbsky.app bskyx.app bskx.app vxbsky.app cbsky.app rxddit.com vxreddit.com teddit.net
    unddit.com reveddit.com yewtu.be piped.video y2u.be scribe.rip freedium.cfd tumbex.com web.archive.org
    archive.org archive.today archive.is archive.ph archive.li archive.vn archive.md archive.fo perma.cc
    ghostarchive.org translate.goog webcache.googleusercontent.com 12ft.io ampproject.org ampproject.net amp.dev
    bing-amp.com
    """
)
"""Hosts, with everything below them, that show others' posts: AMP caches, archives, mirrors, front ends."""
_FRONT_ENDS = words(
    """
    nitter invidious libreddit redlib teddit piped proxitok rimgo bibliogram quetre breezewiki safereddit
    """
)
"""Programs that people run as copies, and name their host after."""
_DEPTH = 6
"""Labels of a host that are looked at, from its end."""
_SEARCH_ENGINES = re.compile(
    r"(?:www\.|m\.|amp\.)?"
    r"(?:google\.(?:com|[a-z]{2}|com?\.[a-z]{2})|bing\.com|duckduckgo\.com|yandex\.[a-z]{2,3}|baidu\.com)"
)
_LEADS_ON = frozenset({"url", "amp", "l", "ck", "link", "clck", "imgres"})


def elsewhere(host: str, first_segment: str) -> str:
    """Why no post is handed in from `host`, if it leads on or copies; else empty."""
    if _SEARCH_ENGINES.fullmatch(host) and first_segment in _LEADS_ON:
        return REDIRECTOR
    labels = host.split(".")
    endings = [".".join(labels[-length:]) for length in range(2, min(len(labels), _DEPTH) + 1)]
    if not REDIRECTORS.isdisjoint(endings):
        return REDIRECTOR
    return COPY if labels[0] in _FRONT_ENDS or not COPIES.isdisjoint(endings) else ""


_TRICKS = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "8": "b", "-": None})
_SHORTEST = 6
"""Shorter names stand in too many honest ones."""
_TOO_ORDINARY = frozenset({"threads", "medium"})


class LookAlikes:
    """Tells hosts that resemble the networks' from others. Never a reason to take one for a network."""

    def __init__(self, domains: Iterable[str]) -> None:
        self._domains = frozenset(domains)
        names = {domain.partition(".")[0] for domain in self._domains}
        names = {name for name in names if len(name) >= _SHORTEST} - _TOO_ORDINARY
        self._has_a_name = re.compile("|".join(sorted(names)) or r"(?!)").search
        self._by_half: dict[str, set[str]] = {}  # a letter off in one half leaves the other as it is
        for name in names:
            for half in (name[:3], name[-3:]):
                self._by_half.setdefault(half, set()).add(name)
        self.resembles = lru_cache(maxsize=4096)(self._resembles)

    def _resembles(self, host: str) -> bool:
        """Has `host` a network's name in it, or one a letter away? As `x.com.example` and `notreddit.com` do."""
        labels = host.split(".")[-_DEPTH:]
        starts = {".".join(labels[start:end]) for start in range(len(labels)) for end in range(start + 2, len(labels))}
        return not starts.isdisjoint(self._domains) or any(self._is_like_a_name(label) for label in labels[:-1])

    def _is_like_a_name(self, label: str) -> bool:
        if len(label) < _SHORTEST - 1:
            return False
        plain = label.translate(_TRICKS)
        skeletons = {label, plain, plain.replace("rn", "m").replace("vv", "w"), plain.replace("l", "i")}
        if any(self._has_a_name(each) for each in skeletons):
            return True
        near = self._by_half.get(plain[:3], set()) | self._by_half.get(plain[-3:], set())
        return any(_one_letter_off(plain, name) for name in near)


def _one_letter_off(one: str, other: str) -> bool:
    """Does one letter added, left out or changed, or two swapped, make them equal?"""
    start = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return len(one) != len(other)
    one, other = one[start:], other[start:]
    return one[1:] == other[1:] or one[1:] == other or one == other[1:] or (one[1::-1] + one[2:]) == other
