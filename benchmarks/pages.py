"""The pages that are measured, and who asks for them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.world import Browser, World

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True)
class Page:
    """One address, as one person's browser asks for it."""

    path: str
    browser: Browser | None
    cpu_limit: float | None
    """What it may cost, as a multiple of the bare page's CPU (PROMISES P-41); None: shown, and not promised."""

    @property
    def headers(self) -> dict[str, str]:
        cookie = {"Cookie": self.browser.cookie} if self.browser else {}
        return {"User-Agent": BROWSER, **cookie}


def pages_of(world: World) -> dict[str, Page]:
    """By name, the pages that P-41 speaks of."""
    return {
        "board": Page("/missions", world.fan, 2.5),
        "mission": Page(f"/missions/{world.mission_id}", world.fan, 3.0),
        "catalogue": Page("/rewards", world.fan, 2.0),
        "league": Page("/leagues", world.fan, 2.0),
        "season": Page("/leagues/season", world.fan, 2.0),
        "teams": Page("/teams", world.fan, 2.0),
        "thanks": Page("/thanks", world.fan, None),
        "queue": Page("/staff/review", world.moderator, 2.0),
    }
