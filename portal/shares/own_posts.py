"""The best way first: the fan's own login where they lent one, then what the network tells anybody or an operator's
key, then a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from portal.accounts.logins.using import Key, key_for, note_refused
from portal.kernel.fetcher import Fetcher
from portal.shares.checks.finding import ProvedHandle
from portal.shares.guide import networks
from portal.shares.platforms.own import own_readers
from portal.shares.platforms.reading import Identified, Kind, Post, Problem, Reading, Trouble, UnreadableError

_OWN = own_readers()
_CLOSED = frozenset({Trouble.NO_WAY, Trouble.LOGIN_WALL})
"""What the public way says of a network that shows nothing without a login."""


def read_post(fetcher: Fetcher, found: Identified, handles: Iterable[ProvedHandle]) -> Reading:
    """Read the post now; no transaction may be open."""
    handles = tuple(handles)
    try:
        found = _without_detour(fetcher, found, handles)
    except UnreadableError as unreadable:
        return unreadable.problem
    own = _by_own_login(fetcher, found, handles)
    if isinstance(own, Post):
        return own
    public = networks().read_post(fetcher, found)
    if own is not None and isinstance(public, Problem) and public.trouble in _CLOSED:
        return _where_nothing_is_public(own, public)
    return public


def _without_detour(fetcher: Fetcher, found: Identified, handles: Sequence[ProvedHandle]) -> Identified:
    """Where a login could read it, the post that a short link leads to. Raises UnreadableError."""
    if found.kind is not Kind.SHORT or not any(_lent(found, handles)):
        return found
    return networks().follow(fetcher, found)


def _lent(found: Identified, handles: Sequence[ProvedHandle]) -> Iterator[Key]:
    """The keys of those accounts that are where the post is; each looked up as it is asked for."""
    if found.platform not in _OWN:
        return
    for handle in handles:
        if (handle.platform, handle.host) == (found.platform, found.host) and handle.external_id is not None:
            key = key_for(handle.platform, handle.host, handle.external_id)
            if key is not None:
                yield key


def _by_own_login(fetcher: Fetcher, found: Identified, handles: Sequence[ProvedHandle]) -> Reading | None:
    """What the login of one of these accounts shows; the problem of the last one; None where none was lent."""
    problem = None
    if found.kind is not Kind.POST:
        return None
    for key in _lent(found, handles):
        reading = _OWN[found.platform].read(fetcher, found, key)
        if isinstance(reading, Post):
            return reading
        if reading.trouble is Trouble.LOGIN_WALL:
            note_refused(key)
        problem = _as_far_as_it_tells(reading, found, key)
    return problem


def _as_far_as_it_tells(problem: Problem, found: Identified, key: Key) -> Problem:
    """That a post is not among theirs says that it is gone only where its address doesn't name somebody else."""
    if problem.trouble is Trouble.GONE and found.author not in ("", key.name, f"{key.name}@{key.host}"):
        return replace(problem, trouble=Trouble.NO_WAY)
    return problem


def _where_nothing_is_public(own: Problem, public: Problem) -> Problem:
    """An outage is tried again, and what is gone for its own author is gone; all else is for a person."""
    return own if own.is_outage or own.trouble is Trouble.GONE else public
