"""Whose post an address says it is, told while it is pasted. A hint, never a reason to refuse.

Nobody has checked the name in an address: what decides is the check of the author, which reads the post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.accounts.models import Handle, HandleState
from portal.shares.platforms.reading import Identified, Kind


@dataclass(frozen=True)
class Doubt:
    """Why it may not count yet."""

    code: str
    """none_proved: no account there is. not_proved: theirs by name alone. not_yours: another one's, by its name."""
    handle_id: str = ""
    """Of `not_proved`: the account to prove."""
    yours: str = ""
    """Of `not_yours`: what they proved, as names."""


def doubt_about(found: Identified, handles: Sequence[Handle]) -> Doubt | None:
    """What to say about `found`, given its owner's `handles` on that network, proved or not; None: nothing. Pure."""
    if found.kind is not Kind.POST:
        return None
    proved = [handle for handle in handles if handle.state == HandleState.PROVED]
    if any(_is_named(handle, found) for handle in proved):
        return None
    named = next((handle for handle in handles if _is_named(handle, found)), None)
    if named is not None:
        return Doubt("not_proved", handle_id=named.id)
    if not proved:
        return Doubt("none_proved")
    if not found.author or any(not _is_comparable(handle, found) for handle in proved):
        return None
    return Doubt("not_yours", yours=", ".join(f"@{_full_name(handle)}" for handle in proved))


def _is_named(handle: Handle, found: Identified) -> bool:
    if not found.author:
        return False
    return found.author == handle.external_id or found.author.casefold() == _full_name(handle).casefold()


def _is_comparable(handle: Handle, found: Identified) -> bool:
    """An address may carry the account's id (a number, a DID) where we know it by its name alone."""
    is_id = found.author.isdigit() or ":" in found.author
    return not is_id or handle.external_id is not None


def _full_name(handle: Handle) -> str:
    return f"{handle.name}@{handle.host}" if handle.host else handle.name
