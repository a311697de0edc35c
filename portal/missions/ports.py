"""What missions need from a room above: how the share that was handed in for a claim stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ClaimStatus:
    """The latest share of a claim, as the page of my claims shows it."""

    share_id: str
    state: str
    """A state of shares, as in DOMAIN: shown with `state_pill("share", state)`."""
    url: str
    """The portal's page of that share."""
    can_submit: bool = False
    """Something can be handed in (again) for this claim now."""


StatusOf = Callable[[Sequence[str]], Mapping[str, ClaimStatus]]

_status_of: StatusOf | None = None


def use_claim_status(status_of: StatusOf) -> None:
    """Called once, when the shares room starts. It answers in one query and leaves claims without a share out."""
    global _status_of
    _status_of = status_of


def claim_status(claim_ids: Sequence[str]) -> Mapping[str, ClaimStatus]:
    """By claim id, the status of those that a share was handed in for; empty in an app without shares."""
    return _status_of(claim_ids) if _status_of and claim_ids else {}
