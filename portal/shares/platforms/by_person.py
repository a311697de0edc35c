"""Networks whose posts no program of ours reads: the address is understood, and a person opens it.

Nothing is fetched there, not even to follow a short link: where the terms close the door, they close it for that too.
"""

from __future__ import annotations

from portal.accounts.ports import Profile, ProfileAddress, ProfileUnreadable
from portal.kernel.fetcher import Fetcher
from portal.shares.platforms.about import Identifier
from portal.shares.platforms.profiles import guide_of, understand_profile
from portal.shares.platforms.reading import Identified, Problem, Reading, Trouble

SOURCE = "none"


class ByPerson:
    """The reader of a network that has none (platforms.reading.Reader)."""

    def __init__(self, known: Identifier) -> None:
        self._known = known
        self.guide = guide_of(known.ABOUT, can_prove_by_code=False)

    def read_post(self, fetcher: Fetcher, identified: Identified) -> Reading:
        return Problem(Trouble.NO_WAY, SOURCE, identified.canonical, self._known.ABOUT.why_a_person or "no_reader")

    def read_profile(self, fetcher: Fetcher, host: str, name: str) -> Profile:
        raise ProfileUnreadable("unsupported")

    def understand(self, typed: str) -> ProfileAddress:
        return understand_profile(self._known, typed)
