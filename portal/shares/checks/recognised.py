"""Is it a post on a network that this mission takes? Source: the mission's own list of networks."""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding
from portal.shares.platforms.reading import Trouble

CODE = "recognised"
ORDER = 10
NEEDS_READING = False


def check(context: Context) -> Finding:
    """Passed by the address alone; failed once its server turns out to be something else."""
    found, asked = context.identified, context.asked.platforms
    if asked and found.platform not in asked:
        return Finding.failed("network_not_asked", network=found.platform, asked=list(asked))
    if context.problem and context.problem.trouble is Trouble.WRONG_NETWORK:
        return Finding.failed("not_that_network", network=found.platform, host=found.host)
    return Finding.passed("recognised", network=found.platform, url=found.canonical)
