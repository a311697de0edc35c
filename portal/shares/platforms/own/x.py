"""X's API v2 in its user's name: the same answers as with the operator's key, for one's own posts at a fifth of the
price. Others' posts would be read at the full one, so they are not asked for here: whose a post is, its answer says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from portal.accounts.logins.using import Key
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms import x
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.keyed import KEY_REFUSED
from portal.shares.platforms.reading import Identified, Problem, Reading, Trouble
from portal.shares.platforms.x_reading import XReader

CODE = "x"
SOURCE = "x_own"


def read(fetcher: Fetcher, identified: Identified, key: Key) -> Reading:
    if identified.author not in ("", key.name):
        return Problem(Trouble.GONE, SOURCE, identified.canonical, "not_among_yours")
    reading = XReader(cast("Identifier", x), key.token).read_post(fetcher, identified)
    if isinstance(reading, Problem):
        refused = reading.detail == KEY_REFUSED
        return replace(reading, source=SOURCE, trouble=Trouble.LOGIN_WALL if refused else reading.trouble)
    if reading.author_id != key.external_id:
        return Problem(Trouble.GONE, SOURCE, identified.canonical, "not_among_yours")
    return replace(reading, source=SOURCE)
